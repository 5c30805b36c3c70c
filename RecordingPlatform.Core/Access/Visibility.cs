using System.Linq.Expressions;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Recordings;

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
    /// The same set in parts, which may overlap: each can be found, and read in order, by an index of its own, which
    /// conditions joined by "or" cannot. For reading many.
    /// </summary>
    public static IReadOnlyList<IQueryable<Recording>> PartsVisibleTo(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? [recordings] : [.. RulesAndGrants(caller).Select(recordings.Where)];

    /// <summary>Without grants: what the rights of the caller's role apply to.</summary>
    public static IQueryable<Recording> VisibleByRole(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? recordings : recordings.Where(Rules(caller).Aggregate(AnyOf));

    static bool SeesAll(Caller caller) => caller.Is(Role.Admin) || caller.Is(Role.PracticeManager) || caller.Is(Role.ComplianceOfficer);

    static IEnumerable<Expression<Func<Recording, bool>>> RulesAndGrants(Caller caller) => caller.UserId is not { } user ? Rules(caller) :
        Rules(caller).Append(r => r.Grants.Any(g => g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now())));

    static List<Expression<Func<Recording, bool>>> Rules(Caller caller)
    {
        if (caller.ApiKeyId is { } key)
        {
            return caller.SourceId is { } source
                ? [r => r.UploadedByKeyId == key, r => r.SourceId == source]
                : [r => r.UploadedByKeyId == key];
        }
        var user = caller.UserId;
        var rules = new List<Expression<Func<Recording, bool>>> { r => r.UploadedByUserId == user };
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

    static Expression<Func<Recording, bool>> AnyOf(Expression<Func<Recording, bool>> one, Expression<Func<Recording, bool>> other)
    {
        var recording = one.Parameters[0];
        var aligned = new Renaming(other.Parameters[0], recording).Visit(other.Body);
        return Expression.Lambda<Func<Recording, bool>>(Expression.OrElse(one.Body, aligned), recording);
    }

    sealed class Renaming(ParameterExpression from, ParameterExpression to) : ExpressionVisitor
    {
        protected override Expression VisitParameter(ParameterExpression node) => node == from ? to : node;
    }
}
