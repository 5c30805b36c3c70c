namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>One hot path beside its competitors.</summary>
internal interface IScenario
{
    /// <summary>As it is asked for on the command line.</summary>
    static abstract string Name { get; }

    static abstract Task RunAsync(Report report);
}
