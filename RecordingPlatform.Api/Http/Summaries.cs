#pragma warning disable RS0030 // reads the documentation that the build wrote beside this assembly

using System.Xml.Linq;

namespace RecordingPlatform.Api.Http;

/// <summary>What a type's doc comment says, from the XML file that the build writes beside the assembly.</summary>
internal static class Summaries
{
    static readonly Lazy<Dictionary<string, string>> All = new(() =>
    {
        var file = Path.ChangeExtension(typeof(Summaries).Assembly.Location, ".xml");
        return XDocument.Load(file).Descendants("member")
            .Where(m => m.Attribute("name")?.Value.StartsWith("T:", StringComparison.Ordinal) == true && m.Element("summary") is not null)
            .ToDictionary(m => m.Attribute("name")!.Value[2..], m => Flat(m.Element("summary")!.Value), StringComparer.Ordinal);
    });

    /// <summary>Null when it says nothing.</summary>
    public static string? Of(Type type) => All.Value.GetValueOrDefault(type.FullName!);

    static string Flat(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}
