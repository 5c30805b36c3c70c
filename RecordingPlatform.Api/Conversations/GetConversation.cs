using Microsoft.EntityFrameworkCore;
using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Audit;
using RecordingPlatform.Core.Data;

namespace RecordingPlatform.Api.Conversations;

/// <summary>One conversation with all its media and what is still waited for.</summary>
internal sealed class GetConversation : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/conversations/{conversationId:guid}", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .Answers(404, "conversation_not_found");

    static async Task<Results<Ok<ConversationItem>, NotFound>> HandleAsync(Guid conversationId, bool? live, RecordingDb db, ViewTrail views, Caller caller, CancellationToken ct)
    {
        if (!await db.ConversationsVisibleTo(caller).AnyAsync(c => c.Id == conversationId, ct))
            return NotFound.Conversation;
        var found = await ConversationItem.ReadAsync(db, [conversationId], caller, ct);
        await views.RecordAsync(AuditAction.ConversationViewed, caller, $"{conversationId}", live == true, ct, new AuditTarget("conversation", conversationId));
        return TypedResults.Ok(found.Single());
    }
}
