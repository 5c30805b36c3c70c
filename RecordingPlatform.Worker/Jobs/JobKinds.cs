using RecordingPlatform.Core.Jobs;

namespace RecordingPlatform.Worker.Jobs;

/// <summary>Where a kind of job gets its slot, so that one kind of slowness keeps nothing else from its work.</summary>
internal enum JobLane
{
    /// <summary>It computes: <see cref="JobSettings.Slots"/>.</summary>
    Work,
    /// <summary>It fetches from far away: <see cref="JobSettings.FetchingSlots"/>.</summary>
    Fetch,
    /// <summary>It waits for others most of its time: <see cref="JobSettings.WaitingSlots"/>.</summary>
    Wait,
}

/// <summary>How to run one kind of job, in a scope that the caller disposes.</summary>
/// <param name="Name">As in the table.</param>
/// <param name="RunAsync">Its handler.</param>
/// <param name="Lane">Whose slots it takes.</param>
internal sealed record JobKind(string Name, Func<IServiceProvider, string, JobContext, CancellationToken, Task<JobOutcome>> RunAsync, JobLane Lane = JobLane.Work);

/// <summary>A job that is queued whenever it is not running.</summary>
internal sealed record RecurringJob(string Kind, short Priority, Recurrence Recurrence)
{
    public string UniqueKey => $"recurring:{Kind}";
}

/// <summary>What this worker can run. Jobs of other kinds are left to workers that know them.</summary>
internal sealed class JobKinds
{
    readonly Dictionary<string, JobKind> _kinds;
    readonly Dictionary<string, RecurringJob> _recurring;

    /// <exception cref="InvalidOperationException">Two handlers for a kind, or a recurring job without one.</exception>
    public JobKinds(IEnumerable<JobKind> kinds, IEnumerable<RecurringJob> recurring)
    {
        _kinds = Unique(kinds, k => k.Name, "handlers");
        _recurring = Unique(recurring, r => r.Kind, "recurrences");
        if (_recurring.Keys.FirstOrDefault(kind => !_kinds.ContainsKey(kind)) is { } missing)
            throw new InvalidOperationException($"The recurring job {missing} has no handler.");
        Names = [.. _kinds.Keys];
    }

    public string[] Names { get; }

    public IReadOnlyCollection<RecurringJob> Recurring => _recurring.Values;

    public JobKind this[string kind] => _kinds[kind];

    public string[] NamesIn(JobLane lane) => [.. _kinds.Values.Where(kind => kind.Lane == lane).Select(kind => kind.Name)];

    /// <summary>Only the run that carries the key has a next one: a person may run the same kind once more by hand.</summary>
    public Recurrence? RecurrenceOf(JobClaim claim) =>
        _recurring.TryGetValue(claim.Kind, out var recurring) && claim.UniqueKey == recurring.UniqueKey ? recurring.Recurrence : null;

    static Dictionary<string, T> Unique<T>(IEnumerable<T> all, Func<T, string> kindOf, string what)
    {
        var found = new Dictionary<string, T>(StringComparer.Ordinal);
        foreach (var one in all)
        {
            if (!found.TryAdd(kindOf(one), one))
                throw new InvalidOperationException($"The job kind {kindOf(one)} has two {what}.");
        }
        return found;
    }
}
