using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Shell;

namespace RecordingPlatform.Web.History;

/// <summary>What people call a conversation and who was in it.</summary>
internal static class Calls
{
    /// <summary>Beyond these a line counts.</summary>
    const int Named = 3;

    public static readonly IReadOnlyList<string> Kinds = ["call", "session", "meeting", "alarm", "other"];
    public static readonly IReadOnlyList<string> Directions = ["inbound", "outbound", "internal"];

    public static string Kind(string kind) => Words.Sentence(kind);

    public static string Icon(Conversation conversation) => conversation.Kind switch
    {
        "alarm" => "bell-ringing",
        "session" => "messages",
        "meeting" => "users",
        "call" => conversation.Direction switch { "inbound" => "phone-incoming", "outbound" => "phone-outgoing", _ => "phone-call" },
        _ => "waveform",
    };

    /// <summary><c>Inbound call</c>, <c>Session</c>: what the icon says.</summary>
    public static string Describe(Conversation conversation) =>
        Directions.Contains(conversation.Direction) ? $"{Words.Sentence(conversation.Direction)} {conversation.Kind}" : Kind(conversation.Kind);

    /// <summary>The one who called and the one who was called, each by name where that is known; null when it was no call of two.</summary>
    public static (string From, string To)? Ends(Conversation conversation)
    {
        if (Given(conversation.CallerPhone) is null && Given(conversation.ReceiverPhone) is null)
            return null;
        return (Who(conversation, conversation.CallerPhone), Who(conversation, conversation.ReceiverPhone));
    }

    public static string? Names(Conversation conversation)
    {
        var names = conversation.Participants.Select(p => Given(p.DisplayName) ?? Given(p.Phone) ?? Given(p.Identity)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return names.Count switch
        {
            0 => null,
            <= Named => string.Join(", ", names),
            _ => $"{string.Join(", ", names.Take(Named))} and {Words.Plural(names.Count - Named, "other")}",
        };
    }

    public static string Title(Conversation conversation) =>
        Ends(conversation) is { } ends ? $"{ends.From} → {ends.To}" : Names(conversation) ?? Given(conversation.Title) ?? (Given(conversation.CallId) is { } call ? $"{Kind(conversation.Kind)} {call}" : Describe(conversation));

    /// <summary>Under the parties, unless it is what stands in their place.</summary>
    public static string? Subtitle(Conversation conversation) => Given(conversation.Title) is { } title && title != Title(conversation) ? title : null;

    public static string Medium(string medium) => Words.Sentence(medium);

    public static string MediumIcon(string medium) => medium == "audio" ? "microphone" : "video";

    static string Who(Conversation conversation, string? phone) => Given(phone) is null ? "Unknown"
        : conversation.Participants.Where(p => p.Phone == phone).Select(p => Given(p.DisplayName)).FirstOrDefault(n => n is not null) ?? phone!;

    static string? Given(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;
}
