using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Fixtures;
using RecordingPlatform.Worker.Media;

[assembly: AssemblyFixture(typeof(RecordingPlatform.Tests.Media.Studio))]

namespace RecordingPlatform.Tests.Media;

/// <summary>Makes real media with ffmpeg and SoX, and has the worker's own probe and renderer at hand.</summary>
public sealed class Studio : IDisposable
{
    readonly MediaTools _tools = new(Options.Create(new MediaOptions()), TimeProvider.System);
    readonly WorkDirectories _workDirectories;

    public Studio()
    {
        Folder = Directory.CreateTempSubdirectory("rp-studio-").FullName;
        var roots = Options.Create(new WorkdirOptions { Memory = Folder, Folder = Folder });
        _workDirectories = new WorkDirectories(roots, NullLogger<WorkDirectories>.Instance);
    }

    public string Folder { get; }

    /// <summary>Eleven seconds of real speech, 16 kHz mono WAV.</summary>
    public static string Speech { get; } = Path.Combine(AppContext.BaseDirectory, "Media", "Samples", "jfk.wav");

    /// <summary>A path that nobody else uses.</summary>
    public string PathOf(string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(Folder, Guid.CreateVersion7().ToString("N"))).FullName, name);

    /// <summary>Runs ffmpeg with <paramref name="arguments"/> and returns the file it wrote under <paramref name="name"/>.</summary>
    public async Task<string> MakeAsync(string name, params string[] arguments)
    {
        var path = PathOf(name);
        await Run.ToEndAsync(["ffmpeg", "-nostdin", "-v", "error", "-y", .. arguments, path]);
        return path;
    }

    public Task<string> MakeSpeechAsync(string name, params string[] arguments) => MakeAsync(name, ["-i", Speech, .. arguments]);

    /// <summary>Three seconds of moving picture and a tone.</summary>
    public Task<string> MakeFilmAsync(string name, params string[] arguments) =>
        MakeAsync(name, ["-f", "lavfi", "-i", "testsrc2=d=3:s=320x240:r=25", "-f", "lavfi", "-i", "sine=440:d=3", .. arguments]);

    public string Write(string name, ReadOnlySpan<byte> content)
    {
        var path = PathOf(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public string Cut(string path, double share)
    {
        var bytes = File.ReadAllBytes(path);
        return Write(Path.GetFileName(path), bytes.AsSpan(0, (int)(bytes.Length * share)));
    }

    public static MediaType? Recognise(string path)
    {
        using var file = File.OpenRead(path);
        var leading = new byte[MediaRecognition.LeadingBytes];
        return MediaRecognition.Recognise(leading.AsSpan(0, file.ReadAtLeast(leading, leading.Length, throwOnEndOfStream: false)));
    }

    internal MediaTools Tools => _tools;

    internal WorkDirectory NewWorkDirectory() => _workDirectories.Create(0);

    internal Task<ProbeResult> ProbeAsync(string path, MediaType? type = null) =>
        new MediaProbe(_tools).ProbeAsync(path, type ?? Recognise(path) ?? throw new InvalidOperationException($"{path} is not recognised as media."), default);

    internal async Task<MediaFacts> FactsAsync(string path, MediaType? type = null) =>
        await ProbeAsync(path, type) switch
        {
            ProbeResult.Readable readable => readable.Facts,
            var other => throw new InvalidOperationException(other.ToString()),
        };

    internal async Task<MediaDamage> DamageAsync(string path, MediaType? type = null) =>
        await ProbeAsync(path, type) switch
        {
            ProbeResult.Damaged damaged => damaged.Damage,
            var other => throw new InvalidOperationException($"Was readable: {other}"),
        };

    internal Task<RenderResult> RenderAsync(string path, MediaFacts facts, WorkDirectory workdir, IProgress<double>? progress = null, bool reduceNoise = false) =>
        new MediaRenderer(_tools).RenderAsync(path, facts, workdir, new RenderSettings { ReduceNoise = reduceNoise }, progress, default);

    /// <summary>The rendition of a good file.</summary>
    internal async Task<Rendition> RenderAsync(string path, WorkDirectory workdir, IProgress<double>? progress = null, bool reduceNoise = false) =>
        await RenderAsync(path, await FactsAsync(path), workdir, progress, reduceNoise) switch
        {
            RenderResult.Rendered rendered => rendered.Rendition,
            var other => throw new InvalidOperationException(other.ToString()),
        };

    public void Dispose()
    {
        _workDirectories.Dispose();
        Directory.Delete(Folder, recursive: true);
    }
}
