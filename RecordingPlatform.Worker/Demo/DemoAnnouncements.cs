using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Worker.Demo;

/// <summary>What is known of a demo conversation before its recording: who, when, about whom, and that a recording is expected.</summary>
internal sealed class DemoAnnouncements(RecordingDb db)
{
    // As long as a source may take to hand over a finished file.
    static readonly TimeSpan Due = TimeSpan.FromMinutes(30);

    /// <summary>The conversation, made in one transaction with all that belongs to it unless it was there.</summary>
    public async Task<Conversation> EnsureAsync(DemoConversation demo, DateTimeOffset now, CancellationToken ct)
    {
        await using var transaction = await db.Database.BeginTransactionAsync(ct);
        var source = await EnsureSourceAsync(demo.Source, ct);
        if (await db.Conversations.SingleOrDefaultAsync(c => c.SourceId == source && c.ExternalId == demo.Id, ct) is { } known)
            return known;
        var subject = demo.Patient is { } patient ? await SubjectOfAsync(patient, ct) : (Guid?)null;
        var start = demo.StartedAt(now);
        var conversation = new Conversation
        {
            Id = Guid.CreateVersion7(),
            SourceId = source,
            ExternalId = demo.Id,
            Kind = demo.Kind,
            Direction = demo.Direction,
            Title = demo.Title,
            CallerPhone = demo.IsCall ? demo.People[0].Phone : null,
            ReceiverPhone = demo.IsCall ? demo.People[1].Phone : null,
            MeetingId = demo.Kind == ConversationKind.Meeting ? demo.Id : null,
            StartedAt = start,
            EndedAt = start + demo.Length,
            SubjectId = subject,
            AppointmentId = demo.Appointment is null ? null : await AddAppointmentAsync(demo, start, subject, ct),
        };
        db.Conversations.Add(conversation);
        await AddPeopleAsync(demo, conversation, subject, ct);
        db.Expectations.Add(new Expectation { Id = Guid.CreateVersion7(), ConversationId = conversation.Id, SourceId = source, Medium = demo.Medium, DueAt = start + demo.Length + Due });
        await db.SaveChangesAsync(ct);
        await transaction.CommitAsync(ct);
        return conversation;
    }

    // A source of that name is used as it is. One made here is disabled, because no such system is connected: it only says
    // where the demo recordings would have come from.
    async Task<Guid> EnsureSourceAsync(SourceKind kind, CancellationToken ct)
    {
        if (kind == SourceKind.Upload)
            return Source.UploadId;
        var name = kind == SourceKind.TwilioVoice ? "twilio" : SnakeCase.Of(kind);
        if (await db.Sources.Where(s => s.Name == name).Select(s => (Guid?)s.Id).SingleOrDefaultAsync(ct) is { } known)
            return known;
        var source = new Source { Id = Guid.CreateVersion7(), Name = name, Kind = kind, Enabled = false, TimeZone = "Europe/London" };
        db.Sources.Add(source);
        await db.SaveChangesAsync(ct);
        return source.Id;
    }

    async Task AddPeopleAsync(DemoConversation demo, Conversation conversation, Guid? subject, CancellationToken ct)
    {
        foreach (var person in demo.People)
        {
            var isPatient = person.User is { } user && user == demo.Patient;
            var participant = new Participant
            {
                Id = Guid.CreateVersion7(),
                ConversationId = conversation.Id,
                Identity = person.User?.Email ?? person.Phone ?? person.Name,
                DisplayName = person.Name,
                Phone = person.Phone,
                Role = person.Role,
                UserId = person.User is null ? null : await UserOfAsync(person.User, ct),
                SubjectId = isPatient ? subject : null,
                JoinedAt = conversation.StartedAt,
                LeftAt = conversation.EndedAt,
                Channel = demo.File is null ? null : person.Channel,
            };
            db.Participants.Add(participant);
            if (demo.Kind == ConversationKind.Session)
                db.Consents.Add(Given(ConsentPurpose.Recording, conversation.StartedAt, "Said at the beginning of the session.", participant: participant.Id));
        }
    }

    async Task<Guid> AddAppointmentAsync(DemoConversation demo, DateTimeOffset start, Guid? subject, CancellationToken ct)
    {
        if (await db.Appointments.Where(a => a.ExternalId == demo.Appointment).Select(a => (Guid?)a.Id).SingleOrDefaultAsync(ct) is { } known)
            return known;
        var appointment = new Appointment
        {
            Id = Guid.CreateVersion7(),
            ExternalId = demo.Appointment!,
            SubjectId = subject,
            ClinicianId = await UserOfAsync(DemoPeople.Clinician, ct),
            RoomName = demo.Id,
            StartsAt = start,
            EndsAt = start.AddMinutes(50),
            Status = AppointmentStatus.Held,
        };
        db.Appointments.Add(appointment);
        return appointment.Id;
    }

    /// <summary>The patient's record, made with what they agreed to when they first came.</summary>
    async Task<Guid> SubjectOfAsync(DemoUser patient, CancellationToken ct)
    {
        var user = await UserOfAsync(patient, ct);
        var subject = await db.Subjects.SingleAsync(s => s.UserId == user, ct);
        subject.Phone ??= patient.Phone;
        if (!await db.Consents.AnyAsync(c => c.SubjectId == subject.Id, ct))
        {
            var since = (await db.NowAsync(ct)).AddDays(-180);
            const string evidence = "Signed at the reception.";
            db.Consents.Add(Given(ConsentPurpose.Recording, since, evidence, subject.Id));
            db.Consents.Add(Given(ConsentPurpose.Transcription, since, evidence, subject.Id));
            db.Consents.Add(new Consent { Id = Guid.CreateVersion7(), SubjectId = subject.Id, Purpose = ConsentPurpose.Training, State = ConsentState.Refused, DecidedAt = since, Evidence = evidence });
        }
        return subject.Id;
    }

    static Consent Given(ConsentPurpose purpose, DateTimeOffset at, string evidence, Guid? subject = null, Guid? participant = null) =>
        new() { Id = Guid.CreateVersion7(), SubjectId = subject, ParticipantId = participant, Purpose = purpose, State = ConsentState.Given, DecidedAt = at, Evidence = evidence };

    Task<Guid> UserOfAsync(DemoUser user, CancellationToken ct) => db.Users.Where(u => u.Email == user.Email).Select(u => u.Id).SingleAsync(ct);
}
