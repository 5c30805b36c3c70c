namespace RecordingPlatform.Core.Ingest;

/// <summary>Texts of a JSON document that came from outside: its parser looks at the grammar, and not at what the letters are.</summary>
internal static class JsonText
{
    /// <summary>Null when its bytes are not UTF-8 or spell half a character.</summary>
    /// <param name="text">A name or a value of a document.</param>
    public static string? Read(Func<string?> text)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
