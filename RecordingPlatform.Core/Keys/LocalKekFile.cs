#pragma warning disable RS0030 // The embedded KEK is a file: no object store can hold the key to itself.
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;

namespace RecordingPlatform.Core.Keys;

/// <summary>One version in the embedded KEK's file.</summary>
internal sealed record LocalKekEntry(string Id, DateTimeOffset CreatedAt, RSA Key)
{
    /// <summary>NIST SP 800-57: 128-bit strength.</summary>
    public const int KeyBits = 3072;

    public static LocalKekEntry Mint(DateTimeOffset now)
    {
        var key = RSA.Create(KeyBits);
        return new LocalKekEntry(IdOf(key), now, key);
    }

    /// <summary>The id is taken from the key, so that no file and no export can pass another key under it.</summary>
    public static string IdOf(RSA key) =>
        string.Create(CultureInfo.InvariantCulture, $"local:{Convert.ToHexStringLower(SHA256.HashData(key.ExportSubjectPublicKeyInfo()).AsSpan(..16))}");

    /// <exception cref="LocalKekException">The key is too short or not the one its id names.</exception>
    public static LocalKekEntry Checked(string id, DateTimeOffset createdAt, RSA key, string path)
    {
        if (key.KeySize < KeyBits)
            throw new LocalKekException(LocalKekFault.Malformed, $"The key {id} in {path} has {key.KeySize} bits; at least {KeyBits} are needed.");
        if (IdOf(key) != id)
            throw new LocalKekException(LocalKekFault.Malformed, $"The key {id} in {path} is not the key of that id: restore the file from its export.");
        return new LocalKekEntry(id, createdAt, key);
    }
}

/// <summary>What a look at the file tells without reading it.</summary>
internal readonly record struct LocalKekStamp(DateTime WrittenAt, long Length, UnixFileMode Mode);

/// <summary>Reads and writes the file of FORMAT.md, "The embedded KEK". The file is replaced whole or not at all.</summary>
internal static class LocalKekFile
{
    const string Format = "recording-platform-kek/1";
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // A version takes about 2.5 KB; a monthly rotation fills this in 30 years.
    const int MaxLength = 1 << 20;

    public static bool Exists(string path) => File.Exists(path);

    /// <exception cref="LocalKekException">It is missing.</exception>
    public static LocalKekStamp Look(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            throw Missing(path, null);
        return new LocalKekStamp(file.LastWriteTimeUtc, file.Length, file.UnixFileMode);
    }

    /// <exception cref="LocalKekException">It is missing, open to others, or not of this format.</exception>
    public static IReadOnlyList<LocalKekEntry> Read(string path)
    {
        var content = ReadContent(path);
        try
        {
            using var json = JsonDocument.Parse(content);
            var root = json.RootElement;
            if (root.GetProperty("format").GetString() != Format)
                throw new LocalKekException(LocalKekFault.Malformed, $"{path} is not of the format {Format}.");
            var entries = root.GetProperty("keys").EnumerateArray().Select(key => ReadEntry(key, path)).ToList();
            return entries.Count > 0 ? entries : throw new LocalKekException(LocalKekFault.Malformed, $"{path} holds no key.");
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or CryptographicException)
        {
            throw new LocalKekException(LocalKekFault.Malformed, $"{path} is damaged: restore it from its export.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    /// <summary>Writes all entries, oldest first. Without <paramref name="replace"/> a file that is already there is refused.</summary>
    public static async Task WriteAsync(string path, IReadOnlyCollection<LocalKekEntry> entries, bool replace, CancellationToken ct)
    {
        using var content = new MemoryStream(capacity: 4096 * (entries.Count + 1)); // never grows: growing would leave copies behind
        try
        {
            await WriteEntriesAsync(content, entries, ct);
            await ReplaceAsync(path, content, replace, ct);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content.GetBuffer());
        }
    }

    static byte[] ReadContent(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
            // By the open handle: the file that is read is the file that was checked.
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != UnixFileMode.None)
                throw new LocalKekException(LocalKekFault.LoosePermissions, $"{path} is open to others: the key-encryption key is served only from a file of mode 0600 (chmod 600).");
            if (stream.Length > MaxLength)
                throw new LocalKekException(LocalKekFault.Malformed, $"{path} has {stream.Length} bytes: that is no key file.");
            var content = SecretBytes.Allocate((int)stream.Length);
            stream.ReadExactly(content);
            return content;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Missing(path, e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LocalKekException(LocalKekFault.Unreadable, $"{path} cannot be read: {e.Message}", e);
        }
    }

    static LocalKekEntry ReadEntry(JsonElement element, string path)
    {
        var id = element.GetProperty("id").GetString() ?? throw new FormatException("A key has no id.");
        var pkcs8 = element.GetProperty("private_key").GetBytesFromBase64();
        try
        {
            var key = RSA.Create();
            key.ImportPkcs8PrivateKey(pkcs8, out _);
            return LocalKekEntry.Checked(id, element.GetProperty("created_at").GetDateTimeOffset(), key, path);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(pkcs8);
        }
    }

    static async Task WriteEntriesAsync(MemoryStream content, IReadOnlyCollection<LocalKekEntry> entries, CancellationToken ct)
    {
        await using var json = new Utf8JsonWriter(content, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        json.WriteString("format", Format);
        json.WriteStartArray("keys");
        foreach (var entry in entries)
        {
            var pkcs8 = entry.Key.ExportPkcs8PrivateKey();
            json.WriteStartObject();
            json.WriteString("id", entry.Id);
            json.WriteString("created_at", entry.CreatedAt);
            json.WriteBase64String("private_key", pkcs8);
            json.WriteEndObject();
            CryptographicOperations.ZeroMemory(pkcs8);
        }
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(ct);
    }

    static async Task ReplaceAsync(string path, MemoryStream content, bool replace, CancellationToken ct)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var fresh = $"{path}.{Guid.CreateVersion7():N}";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = OwnerOnly;
        try
        {
            await using (var stream = new FileStream(fresh, options))
            {
                await stream.WriteAsync(content.GetBuffer().AsMemory(0, (int)content.Length), ct);
                stream.Flush(flushToDisk: true);
            }
            File.Move(fresh, path, overwrite: replace);
        }
        catch (IOException e) when (!replace && File.Exists(path))
        {
            throw new LocalKekException(LocalKekFault.Exists, $"{path} is already there: a key-encryption key is never overwritten.", e);
        }
        finally
        {
            File.Delete(fresh);
        }
    }

    static LocalKekException Missing(string path, Exception? inner) =>
        new(LocalKekFault.Missing, $"The key-encryption key's file {path} is missing: restore it from its backup or with an import of its export.", inner);
}
