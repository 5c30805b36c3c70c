using System.Diagnostics.Metrics;

namespace RecordingPlatform.ServiceDefaults.Metrics;

internal enum FamilyKind { Counter, Gauge, Histogram }

/// <summary>One instrument and its series, one for each combination of tags.</summary>
internal sealed class MetricFamily
{
    // Seconds: the advice of OpenTelemetry's HTTP conventions, and further up for media work.
    static readonly double[] Seconds = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10, 30, 60, 300];
    static readonly double[] Others = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

    const string Overflow = "otel_metric_overflow=\"true\"";

    readonly Lock _lock = new();
    readonly Dictionary<string, Series> _series = new(StringComparer.Ordinal);
    readonly int _mostSeries;
    readonly bool _observed;
    readonly bool _absolute;

    public MetricFamily(Instrument instrument, int mostSeries)
    {
        var type = instrument.GetType();
        var generic = type.IsGenericType ? type.GetGenericTypeDefinition() : null;
        Kind = generic == typeof(Histogram<>) ? FamilyKind.Histogram
            : generic == typeof(Counter<>) || generic == typeof(ObservableCounter<>) ? FamilyKind.Counter : FamilyKind.Gauge;
        _observed = instrument.IsObservable;
        // A gauge and every observed value say how much it is; the others say how much more.
        _absolute = _observed || generic == typeof(Gauge<>);
        _mostSeries = mostSeries;
        Name = PrometheusText.NameOf(instrument.Name, instrument.Unit, Kind);
        Help = instrument.Description ?? "";
        Bounds = Kind != FamilyKind.Histogram ? [] : AdvisedBounds(instrument) ?? (instrument.Unit == "s" ? Seconds : Others);
    }

    public string Name { get; }

    public string Help { get; }

    public FamilyKind Kind { get; }

    /// <summary>Upper bounds of a histogram's buckets, the infinite one apart.</summary>
    public double[] Bounds { get; }

    public void Add(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = PrometheusText.LabelsOf(tags);
        lock (_lock)
        {
            if (!_series.TryGetValue(labels, out var series))
            {
                if (_series.Count >= _mostSeries)
                    labels = Overflow;
                if (!_series.TryGetValue(labels, out series))
                    _series[labels] = series = new Series(new long[Kind == FamilyKind.Histogram ? Bounds.Length + 1 : 0]);
            }
            series.Count++;
            series.Value = _absolute ? value : series.Value + value;
            if (Kind != FamilyKind.Histogram)
                return;
            var bucket = Array.BinarySearch(Bounds, value);
            series.Buckets[bucket < 0 ? ~bucket : bucket]++;
        }
    }

    /// <summary>What is observed anew at each scrape must not outlive what it was observed on.</summary>
    public void ForgetObserved()
    {
        if (!_observed)
            return;
        lock (_lock)
            _series.Clear();
    }

    /// <summary>A copy, ordered by labels.</summary>
    public List<(string Labels, Series Series)> Read()
    {
        lock (_lock)
            return [.. _series.OrderBy(s => s.Key, StringComparer.Ordinal).Select(s => (s.Key, s.Value.Copy()))];
    }

    static double[]? AdvisedBounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<long> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        Histogram<int> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds.Select(b => (double)b)],
        _ => null,
    };

    /// <summary>The value is a histogram's sum.</summary>
    internal sealed class Series(long[] buckets)
    {
        public double Value { get; set; }
        public long Count { get; set; }
        /// <summary>Each for itself, not yet cumulative.</summary>
        public long[] Buckets => buckets;

        public Series Copy() => new([.. buckets]) { Value = Value, Count = Count };
    }
}
