namespace RecordingPlatform.Worker.Media;

/// <summary>What one child process may use. The kernel enforces all but the wall clock, which the worker keeps.</summary>
sealed record ChildLimits
{
    /// <summary>RLIMIT_CPU, in whole seconds. A process that handles SIGXCPU gets two seconds more to end.</summary>
    public required TimeSpan CpuTime { get; init; }

    /// <summary>From start to exit; a child that hangs without using the processor ends by this.</summary>
    public required TimeSpan WallClock { get; init; }

    /// <summary>RLIMIT_AS in bytes: address space, which libraries count into as well.</summary>
    public required long AddressSpaceBytes { get; init; }

    /// <summary>RLIMIT_FSIZE in bytes: the largest file it may write.</summary>
    public required long FileSizeBytes { get; init; }

    /// <summary>
    /// RLIMIT_NPROC, threads included. Only set where the child has a user namespace of its own: elsewhere the kernel counts
    /// every thread of the account, the worker's too, and there is no number that fits. Does not bind root.
    /// </summary>
    public int Processes { get; init; } = 64; // ffmpeg with one thread per codec has about a dozen

    /// <summary>RLIMIT_NOFILE.</summary>
    public int OpenFiles { get; init; } = 64; // the input, three outputs, pipes and shared libraries while they load

    /// <summary>0 to 19: work that nobody waits for gives way to ingest.</summary>
    public int Niceness { get; init; } = 10;
}
