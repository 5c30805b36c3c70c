using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RecordingPlatform.ServiceDefaults.Metrics;

namespace RecordingPlatform.ServiceDefaults;

/// <summary>What every process of the platform has: structured logs, telemetry where it is asked for, and a sign of life.</summary>
public static class Defaults
{
    /// <summary>Answers 200 as soon as requests are answered at all; says nothing about what the process depends on.</summary>
    public const string AlivePath = "/alive";

    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Logging.ClearProviders();
        if (builder.Environment.IsDevelopment())
            builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
        else
            builder.Logging.AddJsonConsole(console => console.IncludeScopes = true);
        // Addresses hold what people searched for, and tickets: neither belongs in a log.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning).AddFilter("System.Net.Http.HttpClient", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.Services.AddSingleton<MetricsCollector>();
        builder.Services.AddHostedService(provider => provider.GetRequiredService<MetricsCollector>());
        if (!string.IsNullOrEmpty(builder.Configuration[Telemetry.Endpoint]))
            builder.Services.AddHostedService<Telemetry>();
        return builder;
    }

    public static RouteHandlerBuilder MapServiceDefaults(this WebApplication app) =>
        app.MapGet(AlivePath, () => Results.Text("alive")).AllowAnonymous().DisableRateLimiting().ExcludeFromDescription();
}
