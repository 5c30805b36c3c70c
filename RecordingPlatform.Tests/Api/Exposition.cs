using System.Globalization;
using System.Text.RegularExpressions;

namespace RecordingPlatform.Tests.Api;

/// <summary>Prometheus' text format 0.0.4, read as strictly as a scraper that forgives nothing.</summary>
internal sealed partial class Exposition
{
    public sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    public List<Sample> Samples { get; } = [];

    /// <summary>Sum over the series of a name, narrowed to one label's value.</summary>
    public double Sum(string name, string? label = null, string? value = null) =>
        Samples.Where(s => s.Name == name && (label is null || s.Labels.GetValueOrDefault(label) == value)).Sum(s => s.Value);

    /// <exception cref="FormatException">Anything that the format does not allow.</exception>
    public static Exposition Parse(string text)
    {
        if (!text.EndsWith('\n'))
            throw new FormatException("The last line does not end.");
        var read = new Exposition();
        var types = new Dictionary<string, string>(StringComparer.Ordinal);
        var helped = new HashSet<string>(StringComparer.Ordinal);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        string? family = null;
        foreach (var line in text[..^1].Split('\n'))
        {
            if (Help().Match(line) is { Success: true } help)
            {
                if (!helped.Add(help.Groups[1].Value))
                    throw new FormatException($"A second HELP: {line}");
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                family = type.Groups[1].Value;
                if (!types.TryAdd(family, type.Groups[2].Value) || !helped.Contains(family))
                    throw new FormatException($"A second TYPE, or one without HELP before: {line}");
            }
            else if (Line().Match(line) is { Success: true } sample)
            {
                var name = sample.Groups[1].Value;
                if (family is null || !Belongs(name, family, types[family]))
                    throw new FormatException($"Not of the family {family} that was declared: {line}");
                var labels = Label().Matches(sample.Groups[2].Value).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value, StringComparer.Ordinal);
                if (string.Join(',', Label().Matches(sample.Groups[2].Value).Select(m => m.Value)) != sample.Groups[2].Value.Trim('{', '}') || !seen.Add(name + string.Join(',', labels.OrderBy(l => l.Key, StringComparer.Ordinal))))
                    throw new FormatException($"Labels that are malformed, or a series that was there already: {line}");
                var number = sample.Groups[3].Value switch { "+Inf" => double.PositiveInfinity, "-Inf" => double.NegativeInfinity, var other => double.Parse(other, CultureInfo.InvariantCulture) };
                read.Samples.Add(new Sample(name, labels, number));
            }
            else
            {
                throw new FormatException($"Neither HELP nor TYPE nor sample: {line}");
            }
        }
        foreach (var histogram in types.Where(t => t.Value == "histogram").Select(t => t.Key))
            read.CheckHistogram(histogram);
        return read;
    }

    void CheckHistogram(string name)
    {
        foreach (var series in Samples.Where(s => s.Name == name + "_bucket").GroupBy(s => string.Join(',', s.Labels.Where(l => l.Key != "le").OrderBy(l => l.Key, StringComparer.Ordinal))))
        {
            var bounds = series.Select(s => s.Labels["le"] == "+Inf" ? double.PositiveInfinity : double.Parse(s.Labels["le"], CultureInfo.InvariantCulture)).ToList();
            var counts = series.Select(s => s.Value).ToList();
            var total = Samples.Single(s => s.Name == name + "_count" && string.Join(',', s.Labels.OrderBy(l => l.Key, StringComparer.Ordinal)) == series.Key).Value;
            if (!bounds.SequenceEqual(bounds.Order().Distinct()) || !counts.SequenceEqual(counts.Order()) || !double.IsPositiveInfinity(bounds[^1]) || counts[^1] != total)
                throw new FormatException($"{name}{{{series.Key}}} is not cumulative up to its count.");
        }
    }

    static bool Belongs(string name, string family, string type) => type switch
    {
        "histogram" => name == family + "_bucket" || name == family + "_sum" || name == family + "_count",
        "counter" => name == family && name.EndsWith("_total", StringComparison.Ordinal),
        _ => name == family,
    };

    [GeneratedRegex(@"^# HELP ([a-zA-Z_:][a-zA-Z0-9_:]*) (?:[^\\]|\\\\|\\n)*$")]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE ([a-zA-Z_:][a-zA-Z0-9_:]*) (counter|gauge|histogram)$")]
    private static partial Regex Type();

    [GeneratedRegex(@"^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{.*\})? (\+Inf|-Inf|NaN|-?[0-9][0-9.eE+-]*)$")]
    private static partial Regex Line();

    [GeneratedRegex("""([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\\\|\\"|\\n)*)"(?=,|\}|$)""")]
    private static partial Regex Label();
}
