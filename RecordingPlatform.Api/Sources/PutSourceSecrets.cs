using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Sources;

/// <summary>
/// Stores a source's credentials, sealed. A field that is absent stays as it is, null clears it. A new webhook secret keeps the
/// one before it beside it, until that is forgotten.
/// </summary>
internal sealed class PutSourceSecrets : IEndpoint
{
    public sealed record Request
    {
        /// <summary><c>whsec_…</c>, or <c>generate</c>.</summary>
        public string? WebhookSecret
        {
            get;
            init => (field, WebhookSecretGiven) = (value, true);
        }

        /// <summary>The text of a private key without a passphrase, or <c>generate</c>.</summary>
        public string? SshPrivateKey
        {
            get;
            init => (field, SshPrivateKeyGiven) = (value, true);
        }

        public string? S3AccessKey
        {
            get;
            init => (field, S3AccessKeyGiven) = (value, true);
        }

        public string? S3SecretKey
        {
            get;
            init => (field, S3SecretKeyGiven) = (value, true);
        }

        /// <summary>By the camera's id: <c>user:password</c>, or null.</summary>
        public IReadOnlyDictionary<string, string?>? CameraCredentials { get; init; }

        [JsonIgnore] public bool WebhookSecretGiven { get; private init; }
        [JsonIgnore] public bool SshPrivateKeyGiven { get; private init; }
        [JsonIgnore] public bool S3AccessKeyGiven { get; private init; }
        [JsonIgnore] public bool S3SecretKeyGiven { get; private init; }
    }

    public sealed record Response : SourceItem.SecretsItem
    {
        /// <summary>The one that was made, shown this once.</summary>
        public string? WebhookSecret { get; init; }

        public static Response Of(SourceItem.SecretsItem secrets, string? made) => new(secrets) { WebhookSecret = made };

        [System.Diagnostics.CodeAnalysis.SetsRequiredMembers]
        Response(SourceItem.SecretsItem secrets) : base(secrets)
        {
        }
    }

    public static void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPut("/api/v1/sources/{sourceId:guid}/secrets", PutAsync).RequirePermission(Permission.SourcesManage)
            .Answers(400, ["bad_request", "nothing_to_change", .. SourceRules.SecretCodes])
            .Answers(404, "source_not_found")
            .Answers(503, "key_service_unavailable");
        routes.MapDelete("/api/v1/sources/{sourceId:guid}/secrets/previous", ForgetAsync).RequirePermission(Permission.SourcesManage)
            .Answers(404, "source_not_found")
            .Answers(503, "key_service_unavailable");
    }

    static async Task<Results<Ok<Response>, BadRequest, NotFound>> PutAsync(Guid sourceId, Request request, SourceSetup setup, EnvelopeKeys keys, Caller caller, CancellationToken ct)
    {
        if (request is { WebhookSecretGiven: false, SshPrivateKeyGiven: false, S3AccessKeyGiven: false, S3SecretKeyGiven: false, CameraCredentials: null })
            return new BadRequest("nothing_to_change", "Send any of webhook_secret, ssh_private_key, s3_access_key with s3_secret_key, and camera_credentials.");
        var change = new SecretsChange
        {
            WebhookSecretGiven = request.WebhookSecretGiven,
            WebhookSecret = request.WebhookSecret,
            SshPrivateKeyGiven = request.SshPrivateKeyGiven,
            SshPrivateKey = request.SshPrivateKey,
            S3AccessKeyGiven = request.S3AccessKeyGiven,
            S3AccessKey = request.S3AccessKey,
            S3SecretKeyGiven = request.S3SecretKeyGiven,
            S3SecretKey = request.S3SecretKey,
            CameraCredentials = request.CameraCredentials,
        };
        return await setup.ChangeSecretsAsync(sourceId, change, caller, ct) switch
        {
            SourceResult.Done done => TypedResults.Ok(await AnswerAsync(done, keys, ct)),
            SourceResult.Refused { Why: var why } => new BadRequest(why.Code, why.Detail),
            _ => NotFound.Source,
        };
    }

    static async Task<Results<Ok<Response>, NotFound>> ForgetAsync(Guid sourceId, SourceSetup setup, EnvelopeKeys keys, Caller caller, CancellationToken ct) =>
        await setup.ForgetPreviousSecretAsync(sourceId, caller, ct) is SourceResult.Done done ? TypedResults.Ok(await AnswerAsync(done, keys, ct)) : NotFound.Source;

    static async Task<Response> AnswerAsync(SourceResult.Done done, EnvelopeKeys keys, CancellationToken ct) =>
        Response.Of(SourceItem.Of(done.Source, await done.Source.OpenSecretsAsync(keys, ct)), done.WebhookSecret);
}
