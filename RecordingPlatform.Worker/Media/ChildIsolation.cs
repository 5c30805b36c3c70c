namespace RecordingPlatform.Worker.Media;

/// <summary>How far the kernel lets an unprivileged worker wall a child process in. Found out once, at start.</summary>
sealed record ChildIsolation
{
    ChildIsolation(bool networkIsolated, bool processesIsolated, IReadOnlyList<string> unshare)
    {
        NetworkIsolated = networkIsolated;
        ProcessesIsolated = processesIsolated;
        Unshare = unshare;
    }

    /// <summary>Children have no network, not even loopback. Health shows this.</summary>
    public bool NetworkIsolated { get; }

    /// <summary>
    /// Children see no other process, and none of their own outlives them: the kernel ends a process namespace with its first
    /// process, so not even a child that left its session escapes a kill.
    /// </summary>
    public bool ProcessesIsolated { get; }

    /// <summary>The command line that puts the rest of the line behind these walls; empty for none.</summary>
    public IReadOnlyList<string> Unshare { get; }

    /// <summary>
    /// Own user, network and process namespaces with a /proc of their own; all capabilities dropped again. A shell is the first
    /// process: the kernel keeps most signals from that one, and unshare does not pass on by which its child died.
    /// </summary>
    public static ChildIsolation Full { get; } = new(networkIsolated: true, processesIsolated: true,
    [
        "unshare", "--map-root-user", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc", "--",
        "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--", "sh", "-c", "\"$@\"; exit $?", "sh",
    ]);

    /// <summary>Where a container masks parts of /proc, a new one may not be mounted, but a network namespace may be had.</summary>
    public static ChildIsolation NetworkOnly { get; } = new(networkIsolated: true, processesIsolated: false,
        ["unshare", "--map-root-user", "--net", "--", "setpriv", "--bounding-set=-all", "--inh-caps=-all", "--"]);

    /// <summary>No user namespaces: the protocol whitelist and the limits still hold.</summary>
    public static ChildIsolation None { get; } = new(networkIsolated: false, processesIsolated: false, []);

    /// <summary>The strongest of the three under which a child really starts here.</summary>
    public static async Task<ChildIsolation> DetectAsync(TimeProvider clock, CancellationToken ct)
    {
        foreach (var candidate in new[] { Full, NetworkOnly })
        {
            if (await WorksAsync(candidate, clock, ct))
                return candidate;
        }
        return None;
    }

    static async Task<bool> WorksAsync(ChildIsolation candidate, TimeProvider clock, CancellationToken ct)
    {
        var exit = await new ChildRunner(candidate, clock).RunAsync(new ChildCommand
        {
            Executable = "/bin/true",
            Arguments = [],
            WorkingDirectory = "/",
            Limits = new ChildLimits
            {
                CpuTime = TimeSpan.FromSeconds(5),
                WallClock = TimeSpan.FromSeconds(10),
                AddressSpaceBytes = 256L << 20,
                FileSizeBytes = 0,
            },
        }, ct);
        return exit.Succeeded;
    }
}
