using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace RecordingPlatform.ServiceDefaults;

/// <summary>
/// Sends the framework's and the platform's own activities and meters to the collector named by
/// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>. The exporter reads that and its siblings itself.
/// </summary>
internal sealed class Telemetry : IHostedService, IDisposable
{
    public const string Endpoint = "OTEL_EXPORTER_OTLP_ENDPOINT";

    TracerProvider? _traces;
    MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _traces = Sdk.CreateTracerProviderBuilder()
            .AddSource("Microsoft.AspNetCore", "System.Net.Http", "Npgsql", "RecordingPlatform.*")
            .AddOtlpExporter().Build();
        _metrics = Sdk.CreateMeterProviderBuilder()
            .AddMeter("Microsoft.AspNetCore.*", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime", "Npgsql", "RecordingPlatform.*")
            .AddOtlpExporter().Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _traces?.ForceFlush(2000);
        _metrics?.ForceFlush(2000);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }
}
