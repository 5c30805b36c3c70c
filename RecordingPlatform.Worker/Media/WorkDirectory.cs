#pragma warning disable RS0030 // a work directory is where plaintext files are allowed to be

namespace RecordingPlatform.Worker.Media;

/// <summary>One job's own directory, readable by this account only. Everything in it is gone after disposal.</summary>
sealed class WorkDirectory : IDisposable
{
    readonly Action _onWiped;
    bool _wiped;

    internal WorkDirectory(string path, bool inMemory, Action onWiped)
    {
        Path = path;
        InMemory = inMemory;
        _onWiped = onWiped;
        Directory.CreateDirectory(path, WorkDirectories.OwnerOnly);
    }

    public string Path { get; }

    /// <summary>On a memory file system.</summary>
    public bool InMemory { get; }

    /// <summary>Absolute path of <paramref name="name"/> in here.</summary>
    /// <exception cref="ArgumentException">The name would lie elsewhere.</exception>
    public string File(string name)
    {
        if (name is "" or "." or ".." || !string.Equals(System.IO.Path.GetFileName(name), name, StringComparison.Ordinal))
            throw new ArgumentException($"'{name}' is not a plain file name.", nameof(name));
        return System.IO.Path.Combine(Path, name);
    }

    /// <summary>Safe to call twice. Call after the child processes have ended.</summary>
    public void Dispose()
    {
        if (_wiped)
            return;
        Directory.Delete(Path, recursive: true);
        _wiped = true;
        _onWiped();
    }
}
