using RecordingPlatform.Core.Ingest;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Jibri;

/// <summary>The meeting that a file is of, when there is nothing but the file: its name says the room and the time.</summary>
public static class FoundMeeting
{
    /// <param name="source">Whose file it is.</param>
    /// <param name="path">Below the media location.</param>
    /// <param name="otherwise">When it began, as far as anybody knows, when the name does not say.</param>
    /// <param name="participants">As the file beside it says; nobody when there is none.</param>
    public static ReportedConversation Of(Source source, string path, DateTimeOffset otherwise, IReadOnlyList<ReportedParticipant> participants)
    {
        var name = RecordingName.Read(MediaPath.Visible(MediaPath.FileOf(path)));
        return new ReportedConversation
        {
            SourceId = source.Id,
            Keys = [MediaPath.KeyOf(path)],
            Kind = ConversationKind.Meeting,
            Title = name.MeetingId,
            MeetingId = name.MeetingId,
            StartedAt = name.StartedAt(TimeZoneInfo.FindSystemTimeZoneById(source.TimeZone)) ?? otherwise,
            Participants = participants,
        };
    }

    /// <summary>What a file of this name is expected as.</summary>
    public static ExpectedMedium MediumOf(string path) => RecordingName.IsAudio(MediaPath.FileOf(path)) ? ExpectedMedium.Audio : ExpectedMedium.Video;
}
