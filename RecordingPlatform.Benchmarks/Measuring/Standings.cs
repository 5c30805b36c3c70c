namespace RecordingPlatform.Benchmarks.Measuring;

/// <summary>Every contender's rounds in their order, of which the last <paramref name="counted"/> count.</summary>
internal sealed class Standings(IReadOnlyDictionary<string, List<double>> rounds, int counted = Contest.UsualRounds)
{
    /// <summary>
    /// One contender's result divided by another's: the median of the rounds' ratios. Within a round they ran one after the
    /// other; a machine that is slower for a minute then slows both, where a ratio of medians may compare its good with its bad minute.
    /// </summary>
    public double Ratio(string of, string to) => Median(Counted(of).Zip(Counted(to), (one, other) => one / other));

    IEnumerable<double> Counted(string name) => rounds[name].TakeLast(counted);

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }
}
