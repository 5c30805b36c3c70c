using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Conversations;

/// <summary>One conversation with its media, and with what should exist of it.</summary>
internal sealed class GetConversation : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/conversations/{conversationId:guid}", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(404, "conversation_not_found");

    static async Task<Results<Ok<ConversationItem>, NotFound>> HandleAsync(Guid conversationId, bool? live, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (await ConversationRow.ReadAsync(db, caller, [conversationId], ct) is not [var conversation])
            return NotFound.Conversation;
        var subject = await db.Conversations.Where(c => c.Id == conversationId).Select(c => c.SubjectId).SingleAsync(ct);
        await views.RecordAsync(AuditAction.ConversationViewed, caller, conversationId.ToString(), live == true, ct, new AuditTarget("conversation", conversationId, SubjectId: subject));
        return TypedResults.Ok(conversation);
    }
}
