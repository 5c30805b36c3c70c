using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Demo;

/// <summary>Somebody who takes part. Only patients and staff have an account.</summary>
internal sealed record DemoParticipant(string Name, string Role, string? Phone = null, DemoUser? User = null, short Channel = 2);

/// <summary>One conversation as its source would report it, and the file that is its recording.</summary>
internal sealed record DemoConversation
{
    /// <summary>The source's own id: with the source it says whether the conversation is there already.</summary>
    public required string Id { get; init; }
    public required SourceKind Source { get; init; }
    public required ConversationKind Kind { get; init; }
    public Direction Direction { get; init; }
    public required string Title { get; init; }
    /// <summary>Before the demo is filled: what a newcomer sees as today's.</summary>
    public TimeSpan? Ago { get; init; }
    /// <summary>Without <see cref="Ago"/>: the day, and in UTC the time.</summary>
    public int DaysAgo { get; init; }
    public TimeOnly At { get; init; }
    public required TimeSpan Length { get; init; }
    public required IReadOnlyList<DemoParticipant> People { get; init; }
    public DemoUser? Patient { get; init; }
    /// <summary>The clinic system's own id.</summary>
    public string? Appointment { get; init; }
    public ExpectedMedium Medium { get; init; }
    /// <summary>In the media folder; null when nothing arrived.</summary>
    public string? File { get; init; }
    /// <summary>Why there will be none; null while it is still waited for.</summary>
    public string? AbsentBecause { get; init; }
    public string? HeldFor { get; init; }

    public bool IsCall => Kind is ConversationKind.Call or ConversationKind.Alarm;

    public DateTimeOffset StartedAt(DateTimeOffset now)
    {
        if (Ago is { } ago)
            return now - ago;
        var at = new DateTimeOffset(now.UtcDateTime.Date, TimeSpan.Zero).AddDays(-DaysAgo) + At.ToTimeSpan();
        // Whoever starts the demo early in the morning sees yesterday's: nothing here lies ahead, and what is late is late by now.
        return at + Length < now.AddHours(-1) ? at : at.AddDays(-1);
    }

    static readonly DemoParticipant Rosa = new("Rosa Keller", "reception", DemoPeople.Practice, Channel: 1);
    static readonly DemoParticipant Nadia = new("Nadia Brandt", "accounts", DemoPeople.Practice, Channel: 1);
    static readonly DemoParticipant Sam = new(DemoPeople.Sam.Name, "patient", DemoPeople.Sam.Phone, DemoPeople.Sam);
    static readonly DemoParticipant Mira = new(DemoPeople.Mira.Name, "patient", DemoPeople.Mira.Phone, DemoPeople.Mira);
    static readonly DemoParticipant Jonas = new(DemoPeople.Operator.Name, "operator", DemoPeople.AlarmStation, DemoPeople.Operator, Channel: 1);
    static readonly DemoParticipant Ada = new(DemoPeople.Clinician.Name, "clinician", null, DemoPeople.Clinician, Channel: 1);

    /// <summary>Two weeks of the practice and the alarm station, newest first. Who calls stands first.</summary>
    public static readonly IReadOnlyList<DemoConversation> All =
    [
        new()
        {
            Id = "jibri-supervision-47", Source = SourceKind.Jibri, Kind = ConversationKind.Meeting, Title = "Supervision group, autumn", Medium = ExpectedMedium.Video,
            DaysAgo = 0, At = new(6, 30), Length = TimeSpan.FromMinutes(50), People = [Ada, new("Dr. Tomas Beck", "clinician")],
        },
        new()
        {
            Id = "pbx-10482", Source = SourceKind.Freepbx, Kind = ConversationKind.Alarm, Direction = Direction.Inbound, Title = "Gate two found open",
            Ago = TimeSpan.FromMinutes(24), Length = TimeSpan.FromSeconds(37), File = "night-guard.ogg", People = [new("Pete Lawson", "guard", "+442079460131"), Jonas],
        },
        new()
        {
            Id = "CA5d0b1c2e48f94aa0b2d6e7c39f1a8b64", Source = SourceKind.TwilioVoice, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "New prescription",
            Ago = TimeSpan.FromMinutes(95), Length = TimeSpan.FromSeconds(50), File = "prescription.mp3", Patient = DemoPeople.Mira, People = [Mira, Rosa],
        },
        new()
        {
            Id = "session-2041", Source = SourceKind.Upload, Kind = ConversationKind.Session, Title = "Session with Sam Okafor", Appointment = "APT-2041",
            DaysAgo = 2, At = new(10, 0), Length = TimeSpan.FromSeconds(290), File = "session.m4a", Patient = DemoPeople.Sam, People = [Ada, Sam with { Phone = null }],
        },
        new()
        {
            Id = "jibri-team-46", Source = SourceKind.Jibri, Kind = ConversationKind.Meeting, Title = "Weekly team meeting", Medium = ExpectedMedium.Video,
            DaysAgo = 3, At = new(7, 45), Length = TimeSpan.FromSeconds(49), File = "team-meeting.mp4", People = [Ada, new("Ben Aydin", "staff")],
        },
        new()
        {
            Id = "pbx-10455", Source = SourceKind.Freepbx, Kind = ConversationKind.Call, Direction = Direction.Outbound, Title = "Call back: blood test",
            DaysAgo = 4, At = new(14, 26), Length = TimeSpan.FromSeconds(86), File = "lab-result.m4a", Patient = DemoPeople.Sam, People = [Nadia, Sam],
        },
        new()
        {
            Id = "pbx-10431", Source = SourceKind.Freepbx, Kind = ConversationKind.Alarm, Direction = Direction.Outbound, Title = "Water alarm, archive basement",
            DaysAgo = 5, At = new(18, 44), Length = TimeSpan.FromSeconds(98), File = "alarm-flood.m4a", HeldFor = "Insurance claim: water in the archive",
            People = [Jonas, new("Karin Holt", "customer", "+442079460155")],
        },
        new()
        {
            Id = "CA91f2a7d3600b4e1f8c55d2be07a4c913", Source = SourceKind.TwilioVoice, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "Question about an invoice",
            DaysAgo = 6, At = new(9, 3), Length = TimeSpan.FromSeconds(175), File = "invoice.m4a", Patient = DemoPeople.Mira, People = [Mira, Nadia],
        },
        new()
        {
            Id = "CA0e77b34c1d2a4f58910cc6a2b3d4e5f6", Source = SourceKind.TwilioVoice, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "Call from the motorway",
            DaysAgo = 7, At = new(16, 51), Length = TimeSpan.FromSeconds(20), File = "broken-off.m4a", People = [new("Unknown caller", "caller", "+442079460190"), Rosa],
        },
        new()
        {
            Id = "CA3c4d5e6f70814b92a3b4c5d6e7f80912", Source = SourceKind.TwilioVoice, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "Appointment cancelled",
            DaysAgo = 8, At = new(7, 31), Length = TimeSpan.FromSeconds(39), File = "cancellation.mp3", Patient = DemoPeople.Mira, People = [Mira, Rosa],
        },
        new()
        {
            Id = "pbx-10377", Source = SourceKind.Freepbx, Kind = ConversationKind.Call, Direction = Direction.Outbound, Title = "Reminder call, nobody answered",
            DaysAgo = 9, At = new(11, 15), Length = TimeSpan.Zero, AbsentBecause = "The call was not answered, so the telephone system recorded nothing.", People = [Rosa, Sam], Patient = DemoPeople.Sam,
        },
        new()
        {
            Id = "pbx-10369", Source = SourceKind.Freepbx, Kind = ConversationKind.Alarm, Direction = Direction.Inbound, Title = "Test of the fire panel, hall three",
            DaysAgo = 10, At = new(13, 5), Length = TimeSpan.FromSeconds(34), File = "alarm-test.m4a", People = [new("Harbour security", "customer", "+442079460163"), Jonas],
        },
        new()
        {
            Id = "CAa8b7c6d5e4f3421098f7e6d5c4b3a291", Source = SourceKind.TwilioVoice, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "Booking a session",
            DaysAgo = 12, At = new(9, 40), Length = TimeSpan.FromSeconds(90), File = "booking.mp3", Patient = DemoPeople.Sam, People = [Sam, Rosa],
        },
        new()
        {
            Id = "pbx-10312", Source = SourceKind.Freepbx, Kind = ConversationKind.Call, Direction = Direction.Inbound, Title = "Wrong number",
            DaysAgo = 13, At = new(15, 22), Length = TimeSpan.FromSeconds(23), File = "wrong-number.ogg", People = [new("Unknown caller", "caller", "+442079460188"), Nadia],
        },
    ];
}
