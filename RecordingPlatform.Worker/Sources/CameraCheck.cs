using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Sources;
using RecordingPlatform.Worker.Cameras;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Sources;

/// <summary>Asks each camera of a source for a second of what it shows, as a call does, and keeps nothing of it.</summary>
internal sealed class CameraCheck(IOptions<CameraOptions> options, IHttpClientFactory clients, WorkDirectories directories, TimeProvider clock)
{
    // Cameras often hang on one line.
    const int AtOnce = 4;

    readonly CameraCapture _capture = new(Options.Create(options.Value with { Clip = TimeSpan.FromSeconds(1) }), clients, clock);

    /// <param name="settings">The cameras.</param>
    /// <param name="secrets">What they ask for.</param>
    /// <param name="limit">When it fires, the cameras that were not asked yet are named.</param>
    /// <returns>One for each camera, in the settings' order.</returns>
    public async Task<IReadOnlyList<SourceFinding>> FindAsync(SourceSettings settings, SourceSecrets secrets, CancellationToken limit)
    {
        var findings = settings.Cameras.Select(camera => Finding.Bad(SourceSubject.Camera, $"Camera {camera.Id} was not asked within the time of a test. Test again.")).ToArray();
        try
        {
            await Parallel.ForAsync(0, findings.Length, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = limit },
                async (n, ct) => findings[n] = await AskAsync(settings.Cameras[n], secrets.CameraCredentials.GetValueOrDefault(settings.Cameras[n].Id), ct));
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // Each that was not asked says so.
        }
        return findings;
    }

    async Task<SourceFinding> AskAsync(SourceCamera camera, string? credentials, CancellationToken ct)
    {
        try
        {
            using var workdir = directories.Create(options.Value.MaxBytes);
            await _capture.TakeAsync(camera.Url, credentials, workdir, ct);
            return Finding.Good(SourceSubject.Camera, $"Camera {camera.Id} sends pictures.");
        }
        catch (CameraException e)
        {
            return Finding.Bad(SourceSubject.Camera, $"Camera {camera.Id}: {e.Message}");
        }
    }
}
