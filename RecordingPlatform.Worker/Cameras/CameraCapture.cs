using Microsoft.Extensions.Options;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Takes what one camera shows now. Reaches the one address that its settings name and nothing else: <c>CAMERAS.md</c>.</summary>
sealed class CameraCapture(IOptions<CameraOptions> options, IHttpClientFactory clients, TimeProvider clock)
{
    /// <param name="url">As the source's settings have it.</param>
    /// <param name="credentials"><c>user:password</c>, or null.</param>
    /// <param name="workdir">Receives the file.</param>
    /// <param name="ct">Ends it at once, with nothing left open.</param>
    /// <exception cref="CameraException">Nothing came that is a clip; the message says why.</exception>
    public async Task<Footage> TakeAsync(string url, string? credentials, WorkDirectory workdir, CancellationToken ct)
    {
        using var limit = new CancellationTokenSource(options.Value.Within, clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ct, limit.Token);
        var signIn = CameraSignIn.From(credentials);
        try
        {
            var address = await CameraAddress.ResolveAsync(url, options.Value.AllowLoopback, stop.Token);
            if (address.IsRtsp)
                return await new RtspCapture(address, signIn, options.Value, clock).TakeAsync(workdir, stop.Token);
            using var http = clients.CreateClient(HttpCapture.Client);
            return await new HttpCapture(address, signIn, options.Value, http, clock).TakeAsync(workdir, stop.Token);
        }
        catch (OperationCanceledException e) when (!ct.IsCancellationRequested)
        {
            throw new CameraException("The camera did not answer, or sent nothing that is video, in time. Is it on, and does it send pictures?", inner: e);
        }
        catch (IOException e)
        {
            throw new CameraException("The camera broke off the connection.", inner: e);
        }
    }
}
