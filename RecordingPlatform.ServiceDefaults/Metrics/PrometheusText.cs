using System.Globalization;
using System.Text;

namespace RecordingPlatform.ServiceDefaults.Metrics;

/// <summary>
/// Prometheus' text exposition format 0.0.4, with the names that OpenTelemetry's compatibility rules give: dots become
/// underscores, units are spelt out, counters end in <c>_total</c>.
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    static readonly Dictionary<string, string> Units = new(StringComparer.Ordinal)
    {
        ["s"] = "seconds", ["ms"] = "milliseconds", ["us"] = "microseconds", ["ns"] = "nanoseconds", ["By"] = "bytes", ["By/s"] = "bytes_per_second", ["%"] = "percent",
    };

    public static string NameOf(string name, string? unit, FamilyKind kind)
    {
        var said = new StringBuilder(Clean(name));
        // A unit in braces counts things: it is a note, no unit.
        var word = unit is null || unit.StartsWith('{') ? null : unit == "1" ? kind == FamilyKind.Gauge ? "ratio" : null : Units.GetValueOrDefault(unit) ?? Clean(unit);
        if (word is not null && !said.ToString().EndsWith('_' + word, StringComparison.Ordinal))
            said.Append('_').Append(word);
        if (kind == FamilyKind.Counter && !said.ToString().EndsWith("_total", StringComparison.Ordinal))
            said.Append("_total");
        return said.ToString();
    }

    /// <summary><c>a="b",c="d"</c>, in the order of the names; empty without tags.</summary>
    public static string LabelsOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
            return "";
        // The later of two tags whose names become the same stands.
        var labels = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in tags)
        {
            if (value is not null)
                labels[Clean(name).Replace(':', '_')] = Convert.ToString(value is bool truth ? truth ? "true" : "false" : value, CultureInfo.InvariantCulture) ?? "";
        }
        return string.Join(',', labels.Select(l => $"{l.Key}=\"{l.Value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\""));
    }

    public static string Write(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        // A name may be declared once. Instruments of one name (a meter made twice) are one family when they are of one kind.
        foreach (var same in families.GroupBy(f => f.Name, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var first = same.First();
            var series = same.Where(f => f.Kind == first.Kind && f.Bounds.AsSpan().SequenceEqual(first.Bounds)).SelectMany(f => f.Read()).DistinctBy(s => s.Labels).ToList();
            if (series.Count == 0)
                continue;
            text.Append("# HELP ").Append(first.Name).Append(' ').Append(first.Help.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)).Append('\n');
            text.Append("# TYPE ").Append(first.Name).Append(' ').Append(first.Kind switch { FamilyKind.Counter => "counter", FamilyKind.Histogram => "histogram", _ => "gauge" }).Append('\n');
            foreach (var (labels, values) in series)
            {
                if (first.Kind == FamilyKind.Histogram)
                    WriteHistogram(text, first, labels, values);
                else
                    Line(text, first.Name, labels, values.Value);
            }
        }
        return text.ToString();
    }

    static void WriteHistogram(StringBuilder text, MetricFamily family, string labels, MetricFamily.Series values)
    {
        long below = 0;
        for (var i = 0; i < values.Buckets.Length; i++)
        {
            below += values.Buckets[i];
            var bound = i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf";
            Line(text, family.Name + "_bucket", labels.Length == 0 ? $"le=\"{bound}\"" : $"{labels},le=\"{bound}\"", below);
        }
        Line(text, family.Name + "_sum", labels, values.Value);
        Line(text, family.Name + "_count", labels, values.Count);
    }

    static void Line(StringBuilder text, string name, string labels, double value)
    {
        text.Append(name);
        if (labels.Length > 0)
            text.Append('{').Append(labels).Append('}');
        text.Append(' ').Append(Number(value)).Append('\n');
    }

    static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture);

    static string Clean(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var c in name)
            clean.Append(char.IsAsciiLetterOrDigit(c) || c is '_' or ':' ? c : '_');
        return char.IsAsciiDigit(clean[0]) ? "_" + clean : clean.ToString();
    }
}
