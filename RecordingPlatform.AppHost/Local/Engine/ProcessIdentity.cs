using System.Globalization;

namespace RecordingPlatform.AppHost.Local;

/// <summary>A process beyond doubt: its number is given out again one day, but not with the same start time in the same boot.</summary>
/// <param name="Pid">Process id.</param>
/// <param name="Started">Clock ticks after boot (field 22 of /proc/pid/stat, proc(5)).</param>
/// <param name="Boot">The kernel's id of this boot.</param>
internal sealed record ProcessIdentity(int Pid, long Started, string Boot)
{
    static readonly string CurrentBoot = File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();

    public static ProcessIdentity Current => Of(Environment.ProcessId)
        ?? throw new InvalidOperationException("This process is not in /proc.");

    /// <summary>The process of that id, or null when there is none or it only waits to be reaped.</summary>
    public static ProcessIdentity? Of(int pid) => Stat(pid) is { } stat ? new(pid, stat.Started, CurrentBoot) : null;

    public bool IsAlive => Boot == CurrentBoot && Of(Pid) == this;

    /// <summary>Every live process of the session it leads or led, itself included.</summary>
    public IReadOnlyList<int> SessionMembers()
    {
        if (Boot != CurrentBoot || (Of(Pid) is { } now && now != this))
        {
            return []; // the id leads another session now, which it could not while a member of this one was left
        }

        return [.. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
            .Where(pid => pid > 0 && Stat(pid) is { } stat && stat.Session == Pid && stat.Started >= Started)];
    }

    static (int Session, long Started)? Stat(int pid)
    {
        string text;
        try
        {
            text = File.ReadAllText($"/proc/{pid}/stat");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The second field is the program's name in parentheses and may hold spaces; state is the first field after it.
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return fields[0] is "Z" or "X" ? null
            : (int.Parse(fields[3], CultureInfo.InvariantCulture), long.Parse(fields[19], CultureInfo.InvariantCulture));
    }
}
