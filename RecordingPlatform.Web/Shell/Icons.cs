using System.Collections.Concurrent;

namespace RecordingPlatform.Web.Shell;

/// <summary>The icons named in the project file, read from the assembly once.</summary>
internal static class Icons
{
    static readonly ConcurrentDictionary<string, string> Bodies = new(StringComparer.Ordinal);

    /// <exception cref="ArgumentException">The project file does not list the icon.</exception>
    public static string Svg(string name, string? cssClass) =>
        $"""<svg class="icon {cssClass}" width="24" height="24" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">{Bodies.GetOrAdd(name, Read)}</svg>""";

    static string Read(string name)
    {
        using var stream = typeof(Icons).Assembly.GetManifestResourceStream($"icons/{name}")
            ?? throw new ArgumentException($"There is no icon \"{name}\" in the project file's list.", nameof(name));
        using var reader = new StreamReader(stream);
        var svg = reader.ReadToEnd();
        // Only the shapes: size, stroke and colour are ours.
        return svg[(svg.IndexOf('>', StringComparison.Ordinal) + 1)..svg.LastIndexOf("</svg>", StringComparison.Ordinal)].Trim();
    }
}
