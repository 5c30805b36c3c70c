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
        var (broad, narrow) = Rules(caller);
        var user = caller.UserId;
        narrow.Add(r => r.Grants.Any(g => g.UserId == user && g.RevokedAt == null && (g.ExpiresAt == null || g.ExpiresAt > RecordingDb.Now())));
        return recordings.Where(Any(recordings, broad, narrow));
    }

    /// <summary>Without grants: what the rights of the caller's role apply to.</summary>
    public static IQueryable<Recording> VisibleByRole(this IQueryable<Recording> recordings, Caller caller) =>
        SeesAll(caller) ? recordings : recordings.Where(Any(recordings, Rules(caller).Broad, Rules(caller).Narrow));

    static bool SeesAll(Caller caller) => caller.Is(Role.Admin) || caller.Is(Role.PracticeManager) || caller.Is(Role.ComplianceOfficer);

    // Broad: a good part of all recordings, best found by walking them. Narrow: few, each found by an index of its own.
    static (Expression<Func<Recording, bool>>? Broad, List<Expression<Func<Recording, bool>>> Narrow) Rules(Caller caller)
    {
        if (caller.ApiKeyId is { } key)
        {
            return caller.SourceId is { } source
                ? (r => r.SourceId == source || r.UploadedByKeyId == key, [])
                : (null, [r => r.UploadedByKeyId == key]);
        }
        var user = caller.UserId;
        var narrow = new List<Expression<Func<Recording, bool>>> { r => r.UploadedByUserId == user };
        if (caller.Is(Role.Clinician))
        {
            narrow.Add(r => r.Conversation.Kind == ConversationKind.Session && r.Appointment!.ClinicianId == user);
            narrow.Add(r => r.Conversation.Kind == ConversationKind.Session && r.Conversation.Participants.Any(p => p.UserId == user));
        }
        if (caller.Is(Role.Patient))
            narrow.Add(r => r.Subject!.UserId == user);
        return (caller.Is(Role.Operator) ? r => r.Conversation.Kind == ConversationKind.Call || r.Conversation.Kind == ConversationKind.Alarm : null, narrow);
    }

    // The narrow rules as one set of ids, a union: as conditions joined by "or" no index could serve them.
    static Expression<Func<Recording, bool>> Any(IQueryable<Recording> recordings, Expression<Func<Recording, bool>>? broad, List<Expression<Func<Recording, bool>>> narrow)
    {
        if (narrow.Count == 0)
            return broad ?? throw new InvalidOperationException("A caller without any rule sees nothing; there is no such role.");
        var ids = narrow.Select(rule => recordings.Where(rule).Select(r => r.Id)).Aggregate((one, other) => one.Union(other));
        Expression<Func<Recording, bool>> inSet = r => ids.Contains(r.Id);
        return broad is null ? inSet : AnyOf(broad, inSet);
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
