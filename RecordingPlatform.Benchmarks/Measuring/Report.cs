using System.Globalization;

namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>What was measured and whether it reaches its goals (ratios to a competitor in the same run). Prints as it goes.</summary>
internal sealed class Report(TextWriter output)
{
    public int Missed { get; private set; }

    public void Begin(string scenario) => output.WriteLine(Invariant($"\n{scenario}   (load {Machine.LoadAverage()})"));

    public void Measured(string work, string unit, IEnumerable<(string Name, double Median, double Least, double Most)> results)
    {
        output.WriteLine($"  {work}");
        foreach (var (name, median, least, most) in results)
            output.WriteLine(Invariant($"    {name,-34} {median,12:#,0.##} {unit,-8} ({least:#,0.##} to {most:#,0.##})"));
    }

    public void AtLeast(string what, double ratio, double goal) => Judge(what, ratio, goal, "≥", ratio >= goal);

    public void AtMost(string what, double ratio, double goal) => Judge(what, ratio, goal, "≤", ratio <= goal);

    void Judge(string what, double ratio, double goal, string bound, bool held)
    {
        if (!held)
            Missed++;
        output.WriteLine(Invariant($"    {(held ? "holds " : "MISSED")} {what}: {ratio:0.00} (goal {bound} {goal:0.##})"));
    }

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
