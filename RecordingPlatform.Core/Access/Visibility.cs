using System.Linq.Expressions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Core.Access;

/// <summary>
/// The one rule of who sees which recording. Part of every query, so that what a caller may not see is not found,
/// not counted and not hinted at.
/// </summary>
public static class Visibility
{
    /// <summary>By role, by having uploaded it, or by a grant in force.</summary>
    public static IQueryable<Recording> VisibleTo(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? recordings : recordings.Where(RulesAndGrants(caller).Aggregate(AnyOf));

    /// <summary>
    /// The same set in parts, which may overlap, for reading many: each is a range of an index that has it in order, which
    /// conditions joined by "or", or on another table, are not. Goes by what the database keeps of the truth that
    /// <see cref="VisibleTo"/> asks; a grant alone is found without order.
    /// </summary>
    public static VisibleParts PartsVisibleTo(this RecordingDb db, Caller caller)
    {
        if (SeesAll(caller))
            return new([db.Recordings], null);
        var attended = ShowsAttended(caller) ? db.Attendances.Where(a => a.UserId == caller.UserId) : null;
        return new([.. Kept(db, caller).Select(db.Recordings.Where)], attended);
    }

    /// <summary>The same set by the same columns, for asking each of few that something else has found.</summary>
    public static IQueryable<Recording> VisibleAmongFew(this RecordingDb db, Caller caller)
    {
        if (SeesAll(caller))
            return db.Recordings;
        var rules = Kept(db, caller);
        if (ShowsAttended(caller))
            rules.Add(r => db.Attendances.Any(a => a.RecordingId == r.Id && a.UserId == caller.UserId));
        return db.Recordings.Where(rules.Aggregate(AnyOf));
    }

    /// <summary>
    /// The one rule of who knows of which conversation: who sees a recording of it that is not deleted, and whoever's role shows
    /// conversations like it, recorded or not.
    /// </summary>
    public static IQueryable<Conversation> ConversationsVisibleTo(this RecordingDb db, Caller caller)
    {
        if (SeesAll(caller))
            return db.Conversations;
        var recordings = db.Recordings.VisibleTo(caller).Where(r => r.DeletedAt == null);
        Expression<Func<Conversation, bool>> recorded = c => recordings.Any(r => r.ConversationId == c.Id);
        return db.Conversations.Where(ShownByRole(db, caller).Aggregate(recorded, AnyOf));
    }

    /// <summary>
    /// The same set in parts, for reading many in the order of the history, as <see cref="PartsVisibleTo"/> has recordings. Goes by
    /// what the database keeps of the truth; a grant alone is found without order.
    /// </summary>
    public static ConversationParts ConversationPartsVisibleTo(this RecordingDb db, Caller caller)
    {
        if (SeesAll(caller))
            return new([db.Conversations], []);
        var viewer = caller.ActorId;
        List<IQueryable<Conversation>> parts = [];
        List<IQueryable<ConversationViewer>> ways = [db.ConversationViewers.Where(v => v.ViewerId == viewer && v.Way == ViewerWay.Uploaded)];
        if (GrantedTo(caller) is { } granted)
        {
            var ids = db.Recordings.Where(granted).Where(r => r.DeletedAt == null).Select(r => r.ConversationId);
            parts.Add(db.Conversations.Where(c => ids.Contains(c.Id)));
        }
        if (caller.SourceId is { } source && caller.ApiKeyId is not null)
            parts.Add(db.Conversations.Where(c => c.SourceId == source));
        if (caller.ApiKeyId is not null)
            return new(parts, ways);
        if (caller.Is(Role.Operator))
            parts.AddRange(KindsOfOperators.Select(db.Conversations.Where));
        if (caller.Is(Role.Clinician))
            ways.Add(db.ConversationViewers.Where(v => v.ViewerId == viewer && v.Way == ViewerWay.Attended));
        if (caller.Is(Role.Patient))
            ways.Add(db.ConversationViewers.Where(v => v.ViewerId == viewer && v.Way == ViewerWay.Subject));
        return new(parts, ways);
    }

    /// <summary>
    /// What should exist of the conversations that the caller's role shows (<see cref="ConversationsVisibleTo"/> without what only
    /// a recording of theirs shows); null when completeness is no business of theirs: a patient's, or a key's without a source.
    /// </summary>
    public static IQueryable<Expectation>? ExpectationsVisibleTo(this RecordingDb db, Caller caller)
    {
        if (caller.ApiKeyId is not null)
            return caller.SourceId is { } source ? db.Expectations.Where(e => e.SourceId == source) : null;
        if (SeesAll(caller))
            return db.Expectations;
        var rules = new List<Expression<Func<Expectation, bool>>>();
        if (caller.Is(Role.Operator))
        {
            var conversations = db.Conversations.Where(KindsOfOperators.Aggregate(AnyOf));
            rules.Add(e => conversations.Any(c => c.Id == e.ConversationId));
        }
        if (caller.Is(Role.Clinician))
        {
            // As it is kept: found by few rows of the one who asks, not by each expectation's people.
            var attended = db.ConversationViewers.Where(v => v.ViewerId == caller.UserId && v.Way == ViewerWay.Attended && v.RecordingId == null).Select(v => v.ConversationId);
            rules.Add(e => attended.Contains(e.ConversationId));
        }
        return rules.Count == 0 ? null : db.Expectations.Where(rules.Aggregate(AnyOf));
    }

    static readonly IReadOnlyList<Expression<Func<Conversation, bool>>> KindsOfOperators = [c => c.Kind == ConversationKind.Call, c => c.Kind == ConversationKind.Alarm];

    static List<Expression<Func<Conversation, bool>>> ShownByRole(RecordingDb db, Caller caller)
    {
        if (caller.ApiKeyId is not null)
            return caller.SourceId is { } source ? [c => c.SourceId == source] : [];
        var user = caller.UserId;
        List<Expression<Func<Conversation, bool>>> rules = caller.Is(Role.Operator) ? [.. KindsOfOperators] : [];
        if (caller.Is(Role.Clinician))
        {
            rules.Add(c => c.Kind == ConversationKind.Session && db.Appointments.Any(a => a.Id == c.AppointmentId && a.ClinicianId == user));
            rules.Add(c => c.Kind == ConversationKind.Session && c.Participants.Any(p => p.UserId == user));
        }
        return rules;
    }

    // Found first, and never the null that recordings of nobody have.
    static Expression<Func<Recording, bool>> SubjectIs(RecordingDb db, Caller caller) =>
        r => r.SubjectId == db.Subjects.Where(s => s.UserId == caller.UserId).Select(s => s.Id).FirstOrDefault();

    // A key's roles show it nothing.
    static bool ShowsAttended(Caller caller) => caller.ApiKeyId is null && caller.Is(Role.Clinician);

    static List<Expression<Func<Recording, bool>>> Kept(RecordingDb db, Caller caller)
    {
        var rules = Own(caller);
        if (GrantedTo(caller) is { } granted)
            rules.Add(granted);
        if (caller.ApiKeyId is not null)
            return rules;
        if (caller.Is(Role.Operator))
            rules.AddRange([r => r.ConversationKind == ConversationKind.Call, r => r.ConversationKind == ConversationKind.Alarm]);
        if (caller.Is(Role.Patient))
            rules.Add(SubjectIs(db, caller));
        return rules;
    }

    /// <summary>Without grants: what the rights of the caller's role apply to.</summary>
    public static IQueryable<Recording> VisibleByRole(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? recordings : recordings.Where(Rules(caller).Aggregate(AnyOf));

    /// <summary>All of them, to whom the permission opens them; a key that works for one source knows of that one.</summary>
    public static IQueryable<Source> KnownTo(this IQueryable<Source> sources, Caller caller) => caller.SourceId is { } only ? sources.Where(s => s.Id == only) : sources;

    internal static bool SeesAll(Caller caller) => caller.Is(Role.Admin) || caller.Is(Role.PracticeManager) || caller.Is(Role.ComplianceOfficer);

    static IEnumerable<Expression<Func<Recording, bool>>> RulesAndGrants(Caller caller) => GrantedTo(caller) is { } granted ? Rules(caller).Append(granted) : Rules(caller);

    static Expression<Func<Recording, bool>>? GrantedTo(Caller caller) => caller.UserId is not { } user ? null :
        r => r.Grants.Any(g => g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now()));

    // What somebody brought, and an integration's source.
    static List<Expression<Func<Recording, bool>>> Own(Caller caller)
    {
        if (caller.ApiKeyId is { } key)
        {
            return caller.SourceId is { } source
                ? [r => r.UploadedByKeyId == key, r => r.SourceId == source]
                : [r => r.UploadedByKeyId == key];
        }
        var user = caller.UserId;
        return [r => r.UploadedByUserId == user];
    }

    static List<Expression<Func<Recording, bool>>> Rules(Caller caller)
    {
        var rules = Own(caller);
        if (caller.ApiKeyId is not null)
            return rules;
        var user = caller.UserId;
        if (caller.Is(Role.Clinician))
        {
            rules.Add(r => r.Conversation.Kind == ConversationKind.Session && r.Appointment!.ClinicianId == user);
            rules.Add(r => r.Conversation.Kind == ConversationKind.Session && r.Conversation.Participants.Any(p => p.UserId == user));
        }
        if (caller.Is(Role.Operator))
            rules.Add(r => r.Conversation.Kind == ConversationKind.Call || r.Conversation.Kind == ConversationKind.Alarm);
        if (caller.Is(Role.Patient))
            rules.Add(r => r.Subject!.UserId == user);
        return rules;
    }

    static Expression<Func<T, bool>> AnyOf<T>(Expression<Func<T, bool>> one, Expression<Func<T, bool>> other)
    {
        var row = one.Parameters[0];
        var aligned = new Renaming(other.Parameters[0], row).Visit(other.Body);
        return Expression.Lambda<Func<T, bool>>(Expression.OrElse(one.Body, aligned), row);
    }

    sealed class Renaming(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}

/// <param name="Recordings">Each in order by an index of its own.</param>
/// <param name="Attended">The sessions that the caller held or joined; null when that shows them nothing.</param>
public sealed record VisibleParts(IReadOnlyList<IQueryable<Recording>> Recordings, IQueryable<Attendance>? Attended);

/// <param name="Conversations">Each in order by an index of its own, but those that a grant shows.</param>
/// <param name="Ways">Those that somebody has for a reason of their own.</param>
public sealed record ConversationParts(IReadOnlyList<IQueryable<Conversation>> Conversations, IReadOnlyList<IQueryable<ConversationViewer>> Ways);
