using System.Net.Sockets;
using Microsoft.AspNetCore.Diagnostics;
using Npgsql;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Objects;
using RecordingPlatform.Core.Sealing;
using RecordingPlatform.Core.Storage;

namespace RecordingPlatform.Api.Http;

/// <summary>
/// What nobody handled, as a problem: a dependency that is away is 503 with Retry-After, the rest is 500 with a trace id to
/// look up. An answer that has begun is never ended as if it were whole: the connection is aborted.
/// </summary>
internal sealed partial class Failures(ILogger<Failures> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (exception is OperationCanceledException && httpContext.RequestAborted.IsCancellationRequested)
            return true;
        if (httpContext.Response.HasStarted)
        {
            Log.BrokeOff(logger, httpContext.Request.Path, exception);
            httpContext.Abort();
            return true;
        }
        var problem = Translate(exception);
        if (problem.StatusCode is null or >= 500)
            Log.Failed(logger, httpContext.Request.Method, httpContext.Request.Path, exception);
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    static Problem Translate(Exception exception) => exception switch
    {
        BadHttpRequestException bad => new OtherProblem(bad.StatusCode, bad.StatusCode == 413 ? "too_large" : "bad_request", bad.Message),
        KeyUnavailableException keys => new Unavailable("key_service_unavailable", "The key service does not answer, so sealed media cannot be opened now. Nothing is lost; try again shortly.") { RetryAfter = (int)Math.Ceiling(keys.RetryAfter.TotalSeconds) },
        ObjectStoreFullException => new Full("store_full", "The object store has no room left. Nothing of this upload was kept; free space, then send it again."),
        ObjectUnreadableException { Why: ObjectUnreadable.Archived } => new Conflict("archived", "The recording is in the archive. Restore it first: POST /api/v1/lifecycle/{id}/restore."),
        _ when IsDatabaseAway(exception) => new Unavailable("database_unavailable", "The database does not answer. Try again shortly.") { RetryAfter = 5 },
        IOException => new Unavailable("store_unavailable", "The object store does not answer. Nothing that was acknowledged is lost; try again shortly.") { RetryAfter = 5 },
        SealedObjectException => new OtherProblem(500, "object_corrupt", "The stored object is not what was written. It was not sent. An operator must look at it: worker fsck."),
        _ => new OtherProblem(500, "internal_error", "Something went wrong on our side. The trace id leads an operator to the cause."),
    };

    // EF Core wraps what its provider calls transient, and a server that shuts down says so in codes that are not.
    static bool IsDatabaseAway(Exception? exception) => exception switch
    {
        null => false,
        TimeoutException or NpgsqlException { IsTransient: true } => true,
        PostgresException refused => refused.SqlState[..2] is "57" or "08" or "53",
        NpgsqlException { InnerException: IOException or SocketException } => true,
        _ => IsDatabaseAway(exception.InnerException),
    };

    static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "{Method} {Path} failed")]
        public static partial void Failed(ILogger logger, string method, string path, Exception exception);

        [LoggerMessage(Level = LogLevel.Error, Message = "The answer to {Path} broke off midway; the connection was aborted so that nobody takes it for whole")]
        public static partial void BrokeOff(ILogger logger, string path, Exception exception);
    }
}
