using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Media;
using RecordingPlatform.Worker.Cameras;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Cameras;

/// <summary>The worker's own parts that take a clip, as it registers them.</summary>
internal sealed class CameraRig : IDisposable
{
    readonly ServiceProvider _services;
    readonly Studio _studio;

    public CameraRig(Studio studio, params (string Key, string Value)[] settings)
    {
        _studio = studio;
        // What may take long on a busy machine is not what is tested.
        var all = new Dictionary<string, string?> { ["Cameras:AllowLoopback"] = "true", ["Cameras:Within"] = "00:00:30", ["Cameras:Clip"] = "00:00:02" };
        foreach (var (key, value) in settings)
            all[$"Cameras:{key}"] = value;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(all).Build();
        _services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton(TimeProvider.System).AddLogging()
            .AddSingleton(studio.Tools).AddSingleton<MediaProbe>().AddCameras().BuildServiceProvider();
    }

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async Task<Footage> FilmAsync(string url, WorkDirectory workdir, string? credentials = null) =>
        await _services.GetRequiredService<CameraCapture>().TakeAsync(url, credentials, workdir, Ct);

    /// <summary>What the clip holds.</summary>
    public async Task<MediaFacts> ClipAsync(string url, string? credentials = null)
    {
        using var workdir = _studio.NewWorkDirectory();
        var footage = await FilmAsync(url, workdir, credentials);
        return await _studio.FactsAsync(await MakeAsync(footage, workdir));
    }

    public Task<string> MakeAsync(Footage footage, WorkDirectory workdir) => _services.GetRequiredService<ClipMaker>().MakeAsync(footage, workdir, Ct);

    /// <summary>Why there is no clip.</summary>
    public async Task<CameraException> FailureAsync(string url, string? credentials = null) =>
        await Assert.ThrowsAsync<CameraException>(() => ClipAsync(url, credentials));

    public void Dispose() => _services.Dispose();
}
