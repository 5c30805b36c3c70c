using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RecordingPlatform.Core.Keys;

/// <summary>Asks the KEK every 30 s, so that a key that was revoked is out of memory, and out of use, within a minute.</summary>
public sealed partial class KekProbe(EnvelopeKeys keys, TimeProvider clock, ILogger<KekProbe> logger)
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);

    /// <summary>The KEK answers again after it did not: what waited for a key may go on. Raised in the probe's own loop.</summary>
    public event EventHandler? Recovered;

    /// <summary>Probes now and then every <see cref="Period"/> until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        using var timer = new PeriodicTimer(Period, clock);
        var before = KekCondition.Unknown;
        do
        {
            var now = await ProbeAsync(ct);
            if (now is KekCondition.Answering && before is KekCondition.Outage or KekCondition.Denied)
                Recovered?.Invoke(this, EventArgs.Empty);
            before = now is KekCondition.Unknown ? before : now;
        }
        while (await timer.WaitForNextTickAsync(ct));
    }

    async Task<KekCondition> ProbeAsync(CancellationToken ct)
    {
        try
        {
            return (await keys.ProbeAsync(ct)).Condition;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The loop's edge: a probe that ends would leave a revoked key in use.
            Log.NotProbed(logger, e);
            return KekCondition.Unknown;
        }
    }

    static partial class Log
    {
        [LoggerMessage(40, LogLevel.Error, "The KEK could not be probed.")]
        public static partial void NotProbed(ILogger logger, Exception exception);
    }
}

/// <summary>Runs the probe for as long as the host runs.</summary>
internal sealed class KekProbing(KekProbe probe) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => probe.RunAsync(stoppingToken);
}
