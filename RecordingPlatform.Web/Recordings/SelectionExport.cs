using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using RecordingPlatform.Web.ApiClient;
using RecordingPlatform.Web.Sessions;

namespace RecordingPlatform.Web.Recordings;

/// <summary>
/// The chosen recordings as one ZIP, passed on while the API makes it. The one kind of media that goes through the portal: a
/// form may only lead to its own origin, and the archive is for saving, not for playing. Nothing of it is kept.
/// </summary>
internal static partial class SelectionExport
{
    public const string Path = "/recordings/export";

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet(Path, HandleAsync);

    static async Task<Results<EmptyHttpResult, RedirectHttpResult, StatusCodeHttpResult>> HandleAsync(Guid[] ids, HttpContext context, PlatformApi api, ILoggerFactory loggers, CancellationToken ct)
    {
        if (ids.Length == 0)
            return TypedResults.Redirect(ReturnPath.Checked(context.Request.Query[ReturnPath.Parameter], ListQuery.Path));
        var answer = await api.OpenExportAsync(ids, ct);
        if (!answer.Succeeded)
            return TypedResults.StatusCode(answer.Problem.Status);
        await using var archive = answer.Value.Content;
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType = "application/zip";
        context.Response.Headers.CacheControl = "private, no-store";
        context.Response.Headers.ContentDisposition = $"attachment; filename=\"{answer.Value.FileName}\"";
        try
        {
            await archive.CopyToAsync(context.Response.Body, ct);
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException && !ct.IsCancellationRequested)
        {
            // Cut off, so that the browser calls the download failed: an archive that ends early must not look whole.
            Log.BrokeOff(loggers.CreateLogger(typeof(SelectionExport)), failure);
            context.Abort();
        }
        return TypedResults.Empty;
    }

    static partial class Log
    {
        [LoggerMessage(1, LogLevel.Warning, "An export broke off midway")]
        public static partial void BrokeOff(ILogger logger, Exception failure);
    }
}
