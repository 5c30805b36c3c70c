using RecordingPlatform.Core.Keys;

namespace RecordingPlatform.Tests.Keys;

/// <summary>A folder of one test's own for KEK files. Files are copies of one made once: making RSA keys takes its time.</summary>
internal sealed class KekFolder : IDisposable
{
    static readonly Lazy<Task<byte[][]>> Made = new(MakeAsync);
    readonly List<LocalKek> _opened = [];

    public string Folder { get; } = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), $"rp-kek-{Guid.CreateVersion7():N}")).FullName;

    public string FilePath => Path.Combine(Folder, "kek.json");

    /// <summary>A file with one or two versions.</summary>
    public async Task<LocalKek> KekAsync(int versions = 1)
    {
        if (!File.Exists(FilePath))
            await WriteAsync((await Made.Value)[versions - 1]);
        var kek = new LocalKek(FilePath, TimeProvider.System);
        _opened.Add(kek);
        return kek;
    }

    public async Task WriteAsync(byte[] content)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using var stream = new FileStream(FilePath, options);
        await stream.WriteAsync(content);
    }

    public void Dispose()
    {
        foreach (var kek in _opened)
            kek.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    static async Task<byte[][]> MakeAsync()
    {
        using var folder = new KekFolder();
        using var kek = await LocalKek.CreateAsync(folder.FilePath, TimeProvider.System, default);
        var one = await File.ReadAllBytesAsync(folder.FilePath);
        await kek.AddVersionAsync(default);
        return [one, await File.ReadAllBytesAsync(folder.FilePath)];
    }
}
