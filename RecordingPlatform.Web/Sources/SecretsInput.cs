namespace RecordingPlatform.Web.Sources;

/// <summary>A form about secrets: what was pressed, and what was typed for it. Nothing of it is ever drawn again.</summary>
public sealed class SecretsInput
{
    /// <summary><c>generate</c>, <c>set</c>, <c>clear</c> or <c>end-previous</c>.</summary>
    public string? Does { get; set; }
    public string? Key { get; set; }
    public string? AccessKey { get; set; }
    public string? SecretKey { get; set; }
    public string? Camera { get; set; }
    public string? Credentials { get; set; }
}
