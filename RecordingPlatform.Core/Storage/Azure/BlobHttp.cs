using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Identity;

namespace RecordingPlatform.Core.Storage.Azure;

/// <summary>
/// Requests to one account's blob service: signed, repeated when that may help, timed out, and with every failure to get an
/// answer as an <see cref="IOException"/>. What an answer means is its caller's.
/// </summary>
/// <remarks>The REST API: Microsoft, "Blob Storage REST API". Redacted logs of each request come from Azure.Core's event source.</remarks>
internal sealed class BlobHttp
{
    /// <summary>The cold tier needs 2021-12-02 or later.</summary>
    const string Version = "2023-11-03";

    const string Scope = "https://storage.azure.com/.default";

    readonly Uri endpoint;
    readonly HttpPipeline pipeline;

    /// <param name="connection">Where, and with which key.</param>
    /// <param name="timeout">For each try, up to the answer's headers.</param>
    /// <param name="clock">Dates the signatures.</param>
    /// <param name="identity">Who signs in where there is no key; null for what this process finds around it: variables, a managed identity, a developer's tools.</param>
    /// <param name="transport">Null for the network.</param>
    public BlobHttp(BlobConnection connection, TimeSpan timeout, TimeProvider clock, TokenCredential? identity = null, HttpPipelineTransport? transport = null)
    {
        endpoint = connection.Endpoint;
        Timeout = timeout;
        HttpPipelinePolicy sign = connection.AccountKey is { } key
            ? new SharedKeyPolicy(connection.Account!, key, clock)
            : new BearerTokenAuthenticationPolicy(identity ?? new DefaultAzureCredential(), Scope);
        pipeline = HttpPipelineBuilder.Build(new Options(timeout, transport), sign);
    }

    public TimeSpan Timeout { get; }

    /// <summary>A request for a container, or for a blob in it. Dispose it after its answer was read.</summary>
    public HttpMessage Create(RequestMethod method, string container, string? blob, params ReadOnlySpan<(string Name, string Value)> query)
    {
        var message = pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(endpoint);
        request.Uri.AppendPath($"/{container}", escape: false);
        // Names hold nothing that a path would have to escape.
        if (blob is not null)
            request.Uri.AppendPath($"/{blob}", escape: false);
        foreach (var (key, value) in query)
            request.Uri.AppendQuery(key, value, escapeValue: true);
        request.Headers.Add("x-ms-version", Version);
        return message;
    }

    /// <returns>The answer, whatever its status; it lives as long as the message.</returns>
    public async Task<Response> SendAsync(HttpMessage message, string container, CancellationToken ct)
    {
        try
        {
            await pipeline.SendAsync(message, ct);
            return message.Response;
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException or AuthenticationFailedException or HttpRequestException)
        {
            throw BlobFailure.NoAnswer(container, failure);
        }
        catch (OperationCanceledException late) when (!ct.IsCancellationRequested)
        {
            throw BlobFailure.NoAnswer(container, late);
        }
    }

    sealed class Options : ClientOptions
    {
        public Options(TimeSpan timeout, HttpPipelineTransport? transport)
        {
            if (transport is not null)
                Transport = transport;
            Retry.NetworkTimeout = timeout;
            // 0.4, 0.8 and 1.6 s with jitter: a store that is away longer is a failure that jobs repeat.
            Retry.MaxRetries = 3;
            Retry.Delay = TimeSpan.FromSeconds(0.4);
        }
    }
}
