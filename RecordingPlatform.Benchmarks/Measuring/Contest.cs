namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>
/// Several contenders doing the same work in the same run. Rounds are interleaved and begin with another contender each time,
/// so that what the machine does meanwhile meets all of them; each contender's result is the median of its rounds.
/// </summary>
internal sealed class Contest(string work, string unit)
{
    public const int Rounds = 5;

    /// <summary>Rounds before those that count; one is enough where every round is a process of its own.</summary>
    public int WarmUps { get; init; } = 3;

    /// <summary>
    /// For servers on one core: .NET compiles what is hot anew beside the requests, on the same core, for about the first ten
    /// seconds of work (38 % of its samples there, by perf). What is compared is how a server runs afterwards.
    /// </summary>
    public const int UntilCompiled = 12;

    readonly List<(string Name, Func<Task<double>> Measure)> _contenders = [];

    /// <param name="name">Who.</param>
    /// <param name="measure">One round; answers in the contest's unit.</param>
    public Contest Add(string name, Func<Task<double>> measure)
    {
        _contenders.Add((name, measure));
        return this;
    }

    /// <summary>Runs the rounds that do not count, then the five that do, and prints every contender's median and spread.</summary>
    public async Task<Standings> RunAsync(Report report)
    {
        var results = _contenders.ToDictionary(c => c.Name, _ => new List<double>());
        for (var round = 0; round < WarmUps; round++)
        {
            foreach (var (_, measure) in _contenders)
                await measure();
        }
        for (var round = 0; round < Rounds; round++)
        {
            for (var turn = 0; turn < _contenders.Count; turn++)
            {
                var (name, measure) = _contenders[(round + turn) % _contenders.Count];
                results[name].Add(await measure());
            }
        }
        report.Measured(work, unit, _contenders.Select(c => (c.Name, Standings.Median(results[c.Name]), results[c.Name].Min(), results[c.Name].Max())));
        return new Standings(results);
    }
}
