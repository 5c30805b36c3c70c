using System.Diagnostics.Metrics;
using Microsoft.Extensions.Hosting;

namespace RecordingPlatform.ServiceDefaults.Metrics;

/// <summary>
/// Adds up what the platform's and the framework's meters measure, from the start of the process, for whoever scrapes it.
/// Independent of the collector that <see cref="Telemetry"/> sends to.
/// </summary>
public sealed class MetricsCollector : IHostedService, IDisposable
{
    // Beyond it a label carries something unbounded: memory matters more than telling those series apart.
    const int MostSeries = 2000;

    static readonly string[] Meters = ["Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql"];

    readonly MeterListener _listener = new();
    readonly Lock _lock = new();
    readonly List<MetricFamily> _families = [];

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith("RecordingPlatform.", StringComparison.Ordinal) && !Meters.Contains(instrument.Meter.Name))
                return;
            var family = new MetricFamily(instrument, MostSeries);
            lock (_lock)
                _families.Add(family);
            listener.EnableMeasurementEvents(instrument, family);
        };
        _listener.SetMeasurementEventCallback<byte>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<short>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<float>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((MetricFamily)state!).Add(value, tags));
        _listener.SetMeasurementEventCallback<decimal>((_, value, tags, state) => ((MetricFamily)state!).Add((double)value, tags));
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _listener.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Everything as it stands now, in Prometheus' text format 0.0.4.</summary>
    public string Expose()
    {
        lock (_lock)
        {
            foreach (var family in _families)
                family.ForgetObserved();
            _listener.RecordObservableInstruments();
            return PrometheusText.Write(_families);
        }
    }

    public void Dispose() => _listener.Dispose();
}
