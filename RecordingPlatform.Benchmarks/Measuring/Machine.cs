using System.Globalization;

namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>The machine under the measurement: a memory file system, and cores that server and load do not share.</summary>
internal static class Machine
{
    // Data on a memory file system: what is compared is programs, not disks.
    const string Memory = "/dev/shm";

    static readonly int LastCore = Environment.ProcessorCount - 1;

    /// <summary>taskset arguments for the one who asks: the last core.</summary>
    public static string[] OnLoadCore(params string[] command) => ["taskset", "-c", $"{LastCore}", .. command];

    /// <summary>taskset arguments for the one who serves: every core but the last.</summary>
    public static string[] OnServerCores(params string[] command) => ["taskset", "-c", LastCore <= 1 ? "0" : $"0-{LastCore - 1}", .. command];

    /// <summary>One core, the same for every contender.</summary>
    public static string[] OnOneCore(params string[] command) => ["taskset", "-c", "0", .. command];

    public static string LoadAverage() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    /// <summary>A folder on the memory file system.</summary>
    public static string NewFolder() => Directory.CreateDirectory(Path.Combine(Memory, $"rp-bench-{Guid.CreateVersion7():N}")).FullName;

    /// <summary>Resident memory of a process, now and at its highest since <see cref="ForgetPeak"/>, in bytes.</summary>
    public static (long Now, long Peak) Resident(int pid)
    {
        var status = File.ReadAllLines($"/proc/{pid}/status");
        return (Kilobytes("VmRSS:"), Kilobytes("VmHWM:"));

        long Kilobytes(string name) =>
            1024 * long.Parse(status.Single(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    /// <summary>Makes the kernel measure a process's highest memory anew (proc(5), clear_refs).</summary>
    public static void ForgetPeak(int pid) => File.WriteAllText($"/proc/{pid}/clear_refs", "5");
}
