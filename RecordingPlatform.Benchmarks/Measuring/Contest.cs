namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>
/// Several contenders doing the same work in the same run. Rounds are interleaved and begin with another contender each time,
/// so that what the machine does meanwhile meets all of them; each contender's result is the median of its rounds.
/// </summary>
internal sealed class Contest(string work, string unit)
{
    public const int UsualRounds = 5;

    /// <summary>Rounds that count: more where each is short, as its neighbours on the machine then decide more of it.</summary>
    public int Rounds { get; init; } = UsualRounds;

    /// <summary>Rounds before those that count; one is enough where every round is a process of its own.</summary>
    public int WarmUps { get; init; } = 3;

    /// <summary>Servers that warm up for longer, until none of them still compiles: what is compared is how they run afterwards.</summary>
    public IReadOnlyList<int> Servers { get; init; } = [];

    readonly List<(string Name, Func<Task<double>> Measure)> _contenders = [];

    /// <param name="name">Who.</param>
    /// <param name="measure">One round; answers in the contest's unit.</param>
    public Contest Add(string name, Func<Task<double>> measure)
    {
        _contenders.Add((name, measure));
        return this;
    }

    /// <summary>Runs the rounds that do not count, then those that do, and prints every contender's median and spread.</summary>
    public async Task<Standings> RunAsync(Report report)
    {
        var results = _contenders.ToDictionary(c => c.Name, _ => new List<double>());
        var compiling = Servers.Select(pid => new Compilation(pid)).ToList();
        for (var round = 0; round < WarmUps || compiling.Count > 0; round++)
        {
            foreach (var (_, measure) in _contenders)
                await measure();
            compiling.RemoveAll(server => server.Rests());
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
        return new Standings(results, Rounds);
    }
}
