using System.Text.Json;

namespace RecordingPlatform.AppHost.Local;

/// <summary>
/// The folder of one platform, held by one engine at a time. <c>engine.lock</c> is locked while it runs, so the kernel frees it
/// however the engine ends; <c>engine.json</c> names the engine and its children, so that the next start finds what a killed one left.
/// </summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>A lock held only to look whether somebody has it is gone within milliseconds.</summary>
    const int LockAttempts = 10;

    static readonly TimeSpan LockPause = TimeSpan.FromMilliseconds(30);

    readonly FileStream _lock;
    readonly Lock _gate = new();
    readonly ProcessIdentity _engine = ProcessIdentity.Current;
    readonly List<Child> _children = [];

    DataFolder(string path, FileStream held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    string RecordPath => System.IO.Path.Combine(Path, "engine.json");

    string PlatformPath => System.IO.Path.Combine(Path, "platform.json");

    /// <summary>Makes the folder if need be and takes it.</summary>
    /// <exception cref="StartFailedException">Another engine has it, or it cannot be written.</exception>
    public static async Task<DataFolder> TakeAsync(string path, CancellationToken ct)
    {
        try
        {
            Directory.CreateDirectory(path);
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    return new(path, new FileStream(System.IO.Path.Combine(path, "engine.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                }
                catch (IOException) when (attempt < LockAttempts)
                {
                    await Task.Delay(LockPause, ct);
                }
                catch (IOException taken)
                {
                    throw new StartFailedException(WhoHas(path), taken);
                }
            }
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new StartFailedException($"{path} cannot be written: {denied.Message} Start as the user who made it, or with another --data.", denied);
        }
    }

    static string WhoHas(string path)
    {
        var engine = Read<Record>(System.IO.Path.Combine(path, "engine.json"))?.Engine;
        var state = Read<Platform>(System.IO.Path.Combine(path, "platform.json"));
        var where = state?.Web is null ? "and is still starting" : $"at {state.Web}";
        return $"The platform is already running {where} (process {engine?.Pid}, data in {path}). Stop it with kill {engine?.Pid}, or start another with --data.";
    }

    /// <summary>Writes down a child before anything else happens to it.</summary>
    public void Add(string name, ProcessIdentity process, int stopSignal) => Change(() => _children.Add(new(name, process, stopSignal)));

    public void Remove(ProcessIdentity process) => Change(() => _children.RemoveAll(c => c.Process == process));

    /// <summary>Ends what an engine that was killed left behind: asks in reverse order of start, and ends without asking what stays.</summary>
    public async Task<IReadOnlyList<string>> ReapAsync(TimeSpan patience, TimeProvider clock, CancellationToken ct)
    {
        File.Delete(PlatformPath);
        List<string> reaped = [];
        foreach (var child in Enumerable.Reverse(Read<Record>(RecordPath)?.Children ?? []))
        {
            if (child.Process.SessionMembers().Count == 0)
            {
                continue;
            }

            reaped.Add($"{child.Name} ({child.Process.Pid})");
            if (child.Process.IsAlive)
            {
                Signals.Send(child.Process.Pid, child.StopSignal);
            }

            var deadline = clock.GetUtcNow() + patience;
            while (child.Process.IsAlive && clock.GetUtcNow() < deadline)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, ct);
            }

            foreach (var pid in child.Process.SessionMembers())
            {
                Signals.Send(pid, Signals.Kill);
            }
        }

        Change(_children.Clear);
        return reaped;
    }

    /// <summary>Says that everything is up, and where.</summary>
    public void WriteReady(IEnumerable<KeyValuePair<string, string>> addresses) =>
        AtomicFile.Write(PlatformPath, new SortedDictionary<string, string>(addresses.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal)
        {
            ["status"] = "ready",
        }, AtomicFile.Readable);

    public void ForgetReady() => File.Delete(PlatformPath);

    public void Dispose()
    {
        File.Delete(RecordPath);
        _lock.Dispose();
    }

    void Change(Action change)
    {
        lock (_gate)
        {
            change();
            AtomicFile.Write(RecordPath, new Record(_engine, _children), AtomicFile.Readable);
        }
    }

    static T? Read<T>(string path)
        where T : class
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return JsonSerializer.Deserialize<T>(stream, AtomicFile.Json);
        }
        catch (Exception nothing) when (nothing is FileNotFoundException or JsonException)
        {
            return null;
        }
    }

    sealed record Child(string Name, ProcessIdentity Process, int StopSignal);

    sealed record Record(ProcessIdentity Engine, IReadOnlyList<Child> Children);

    sealed record Platform(string? Status, string? Web);
}
