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
    public static IQueryable<Recording> VisibleTo(this IQueryable<Recording> recordings, Caller caller)
    {
        if (SeesAll(caller))
            return recordings;
        var user = caller.UserId;
        return recordings.Where(AnyOf(ByRole(caller),
            r => r.Grants.Any(g => g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now()))));
    }

    /// <summary>Without grants: what the rights of the caller's role apply to.</summary>
    public static IQueryable<Recording> VisibleByRole(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? recordings : recordings.Where(ByRole(caller));

    static bool SeesAll(Caller caller) => caller.Is(Role.Admin) || caller.Is(Role.PracticeManager) || caller.Is(Role.ComplianceOfficer);

    static Expression<Func<Recording, bool>> ByRole(Caller caller)
    {
        if (caller.ApiKeyId is { } key)
        {
            return caller.SourceId is { } source
                ? r => r.UploadedByKeyId == key || r.SourceId == source
                : r => r.UploadedByKeyId == key;
        }
        var user = caller.UserId;
        Expression<Func<Recording, bool>> rule = r => r.UploadedByUserId == user;
        if (caller.Is(Role.Clinician))
        {
            rule = AnyOf(rule, r => r.Conversation.Kind == ConversationKind.Session
                && (r.Appointment!.ClinicianId == user || r.Conversation.Participants.Any(p => p.UserId == user)));
        }
        if (caller.Is(Role.Operator))
            rule = AnyOf(rule, r => r.Conversation.Kind == ConversationKind.Call || r.Conversation.Kind == ConversationKind.Alarm);
        if (caller.Is(Role.Patient))
            rule = AnyOf(rule, r => r.Subject!.UserId == user);
        return rule;
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
