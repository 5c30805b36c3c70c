using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Recordings;

namespace RecordingPlatform.Api.Recordings;

/// <summary>
/// The originals of a selection as one ZIP, streamed while they are read: filters as in the list. What may not be saved, or
/// cannot be read, is left out and named in the archive's manifest.json and manifest.csv.
/// </summary>
internal sealed class ExportRecordings : IEndpoint
{
    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/api/v1/recordings/export", HandleAsync).RequirePermission(Permission.RecordingsRead)
        .WithMetadata(new ProducesResponseTypeMetadata(200, typeof(FileContentHttpResult), ["application/zip"]))
        .Answers(400, ["selection_too_large", .. ListRecordings.Selection.Codes]);

    static async Task<IResult> HandleAsync([AsParameters] ListRecordings.Selection selection, string? reason, HttpContext http, RecordingSearch search, RecordingExport export, Caller caller, TimeProvider clock, CancellationToken ct)
    {
        var (filter, problem) = selection.Read();
        if (filter is null)
            return problem!;
        if (await search.CountAsync(filter, caller, RecordingExport.MostRecordings + 1, ct) > RecordingExport.MostRecordings)
            return new BadRequest("selection_too_large", $"One export holds at most {RecordingExport.MostRecordings} recordings. Narrow the selection, for example by from and to.");
        http.Response.ContentType = "application/zip";
        http.Response.Headers.CacheControl = "private, no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        http.Response.Headers.ContentDisposition = $"attachment; filename=\"recordings-{clock.GetUtcNow():yyyyMMdd-HHmmss}.zip\"";
        await export.WriteAsync(new ForwardStream(http.Response.BodyWriter), filter, caller, reason, ct);
        return Results.Empty;
    }
}
