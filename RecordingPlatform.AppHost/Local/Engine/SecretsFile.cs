using System.Text.Json;

namespace RecordingPlatform.AppHost.Local;

/// <summary>Generated passwords, kept from run to run in a file that only its owner reads (0600).</summary>
internal sealed class SecretsFile(string path)
{
    readonly Lock _gate = new();

    public string Path => path;

    /// <summary>The value of that name; made and written down before it is returned the first time.</summary>
    public string GetOrAdd(string name, Func<string> make)
    {
        lock (_gate)
        {
            var values = Read();
            if (values.TryGetValue(name, out var known))
            {
                return known;
            }

            var value = values[name] = make();
            AtomicFile.Write(path, values, AtomicFile.OwnerOnly);
            return value;
        }
    }

    SortedDictionary<string, string> Read()
    {
        try
        {
            using var stream = File.OpenRead(path);
            return JsonSerializer.Deserialize<SortedDictionary<string, string>>(stream) ?? [];
        }
        catch (FileNotFoundException)
        {
            return [];
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new StartFailedException($"{path} belongs to another user: start as that user, or with another --data", denied);
        }
        catch (JsonException unreadable)
        {
            throw new StartFailedException($"{path} is damaged ({unreadable.Message}): restore it, or start with another --data", unreadable);
        }
    }
}
