using System.Diagnostics;
using System.Globalization;

namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>
/// Whether .NET still compiles what is hot in a process anew, in the background. On one core it takes that time from the
/// requests: up to a third of it, for as much as a minute.
/// </summary>
internal sealed class Compilation(int pid)
{
    // As the kernel cuts ".NET Tiered Compilation Worker".
    const string Compiler = ".NET Tiered Com";
    const double Rest = 0.01;
    const int TicksPerSecond = 100; // in what /proc tells (proc(5))

    static readonly TimeSpan Watched = TimeSpan.FromSeconds(5);
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    readonly long _begun = Stopwatch.GetTimestamp();
    long _ticks = Ticks(pid);
    long _since = Stopwatch.GetTimestamp();

    /// <summary>Whether it took less than a hundredth of a whole stretch of five seconds or more, which begins anew with each answer.</summary>
    /// <exception cref="TimeoutException">It has not rested for minutes, and what would be measured is not what was meant.</exception>
    public bool Rests()
    {
        var watched = Stopwatch.GetElapsedTime(_since);
        if (watched < Watched)
            return false;
        if (Stopwatch.GetElapsedTime(_begun) > Patience)
            throw new TimeoutException($"Process {pid} still compiles after {Patience.TotalMinutes:0} minutes of work.");
        var now = Ticks(pid);
        // The thread leaves when it has had nothing to do for seconds; another begins at nothing.
        var taken = now < _ticks ? now : now - _ticks;
        (_ticks, _since) = (now, Stopwatch.GetTimestamp());
        return taken < Rest * TicksPerSecond * watched.TotalSeconds;
    }

    static long Ticks(int pid) => Directory.EnumerateDirectories($"/proc/{pid}/task").Where(thread => File.ReadAllText($"{thread}/comm").TrimEnd() == Compiler).Sum(Ticks);

    static long Ticks(string thread)
    {
        // The name stands in parentheses and may hold anything; utime and stime are the 12th and 13th field behind it.
        var fields = File.ReadAllText($"{thread}/stat").Split(") ")[^1].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }
}
