using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Recordings;

/// <summary>What a recording's page fetches after it is drawn. Media itself never passes through the portal.</summary>
internal static class RecordingEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var recording = routes.MapGroup("/recordings/{id:guid}");
        recording.MapGet("body", BodyAsync);
        recording.MapGet("waveform", WaveformAsync);
        recording.MapGet("playback", PlaybackAsync);
        recording.MapGet("download", DownloadAsync);
    }

    /// <summary>The parts of the page that change by themselves; asked for when an event says so.</summary>
    static async Task<Results<RazorComponentResult<RecordingUpdate>, StatusCodeHttpResult>> BodyAsync(Guid id, string? stage, string? editing, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetRecordingAsync(id, live: true, ct);
        if (answer.Succeeded)
            return new RazorComponentResult<RecordingUpdate>(new { Recording = answer.Value, Plays = stage == "player", EditsTitle = editing == "title" });
        // Gone, or out of sight meanwhile: the whole page says so. An outage leaves what is shown.
        if (!answer.Problem.IsTemporary)
            context.Response.Headers["HX-Refresh"] = "true";
        return TypedResults.StatusCode(answer.Problem.Status);
    }

    static async Task<Results<Ok<WaveformPeaks>, ProblemHttpResult>> WaveformAsync(Guid id, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetWaveformAsync(id, ct);
        if (!answer.Succeeded)
            return ProblemOf(answer.Problem);
        // Peaks never change, but who may see them does.
        context.Response.Headers.CacheControl = "private, no-store";
        return TypedResults.Ok(WaveformPeaks.Of(answer.Value));
    }

    static async Task<Results<Ok<PlaybackUrl>, ProblemHttpResult>> PlaybackAsync(Guid id, string? quality, string? reason, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetPlaybackUrlAsync(id, quality == "low" ? "low" : "high", download: false, reason, ct);
        context.Response.Headers.CacheControl = "private, no-store";
        return answer.Succeeded ? TypedResults.Ok(answer.Value) : ProblemOf(answer.Problem);
    }

    static async Task<Results<RedirectHttpResult, StatusCodeHttpResult>> DownloadAsync(Guid id, string? reason, HttpContext context, PlatformApi api, CancellationToken ct)
    {
        var answer = await api.GetPlaybackUrlAsync(id, quality: null, download: true, reason, ct);
        context.Response.Headers.CacheControl = "private, no-store";
        return answer.Succeeded ? TypedResults.Redirect(answer.Value.Url.AbsoluteUri) : TypedResults.StatusCode(answer.Problem.Status);
    }

    static ProblemHttpResult ProblemOf(ApiProblem problem) =>
        TypedResults.Problem(problem.Detail, statusCode: problem.Status, extensions: new Dictionary<string, object?> { ["code"] = problem.Code });
}
