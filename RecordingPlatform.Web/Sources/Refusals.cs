using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.Sources;

/// <summary>What was wrong with a form, each beside the field that it is about; what is about none stands above it.</summary>
public sealed class Refusals
{
    /// <summary>Of the form as a whole.</summary>
    public const string Whole = "";

    // The API's codes name what they are about; the longer words come first.
    static readonly (string Word, string Field)[] Fields =
    [
        ("time_zone", "TimeZone"), ("base_url", "PublicBaseUrl"), ("media_location", "MediaLocation"), ("host_key", "HostKeys"), ("credential", "CameraCredentials"), ("camera", "Cameras"),
        ("due_after", "DueAfterMinutes"), ("sweep", "SweepDays"), ("service_url", "S3ServiceUrl"), ("region", "S3Region"), ("s3", "S3Keys"), ("webhook", "WebhookSecret"), ("whsec", "WebhookSecret"),
        ("ssh", "SshKey"), ("private_key", "SshKey"), ("name", "Name"), ("kind", "Kind"),
    ];

    readonly Dictionary<string, string> _byField = new(StringComparer.Ordinal);

    public string? Of(string field) => _byField.GetValueOrDefault(field);

    public bool Any => _byField.Count > 0;

    public void Add(string field, string why) => _byField.TryAdd(field, why);

    /// <param name="problem">What the API refused.</param>
    /// <param name="shown">The fields of the form that was sent; a problem with none of them is the form's.</param>
    public void Add(ApiProblem problem, params ReadOnlySpan<string> shown)
    {
        var field = problem.IsTemporary ? null : shown is [var only] ? only : Fields.FirstOrDefault(f => problem.Code.Contains(f.Word, StringComparison.Ordinal)).Field;
        Add(field is not null && shown.Contains(field) ? field : Whole, Why(problem));
    }

    public static string Why(ApiProblem problem) => problem switch
    {
        { IsTemporary: true, RetryAfter: { } wait } => $"The platform is busy. Nothing was changed; try again in {Words.Wait(wait)}.",
        { IsTemporary: true } => "The platform cannot be reached right now. Nothing was changed; try again in a moment.",
        { Detail: { } detail } => detail,
        { Status: StatusCodes.Status403Forbidden } => "Your account may not set up sources. Ask an administrator.",
        _ => $"This was refused ({problem.Code}).",
    };
}
