using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Sources;

/// <summary>Changes how a source is set up. A field that is absent stays as it is; settings are replaced as a whole.</summary>
internal sealed class ChangeSource : IEndpoint
{
    public sealed record Request
    {
        public bool? Enabled { get; init; }
        public string? TimeZone { get; init; }

        /// <summary>Null clears it: the API's own address is shown then.</summary>
        public string? PublicBaseUrl
        {
            get;
            init => (field, PublicBaseUrlGiven) = (value, true);
        }

        /// <summary>Null clears it: nothing is fetched then.</summary>
        public string? MediaLocation
        {
            get;
            init => (field, MediaLocationGiven) = (value, true);
        }

        public bool? NoiseReduction { get; init; }
        public SourceSettings? Settings { get; init; }

        [JsonIgnore] public bool PublicBaseUrlGiven { get; private init; }
        [JsonIgnore] public bool MediaLocationGiven { get; private init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPatch("/api/v1/sources/{sourceId:guid}", HandleAsync).RequirePermission(Permission.SourcesManage)
        .Answers(400, ["bad_request", "nothing_to_change", .. SourceRules.Codes])
        .Answers(404, "source_not_found");

    static async Task<Results<Ok<SourceItem>, BadRequest, NotFound>> HandleAsync(
        Guid sourceId, Request request, SourceSetup setup, RecordingDb db, EnvelopeKeys keys, PublicUrl urls, Caller caller, CancellationToken ct)
    {
        if (request is { Enabled: null, TimeZone: null, PublicBaseUrlGiven: false, MediaLocationGiven: false, NoiseReduction: null, Settings: null })
            return new BadRequest("nothing_to_change", "Send any of enabled, time_zone, public_base_url, media_location, noise_reduction and settings.");
        var change = new SourceChange
        {
            Enabled = request.Enabled,
            TimeZone = request.TimeZone,
            PublicBaseUrlGiven = request.PublicBaseUrlGiven,
            PublicBaseUrl = request.PublicBaseUrl,
            MediaLocationGiven = request.MediaLocationGiven,
            MediaLocation = request.MediaLocation,
            NoiseReduction = request.NoiseReduction,
            Settings = request.Settings,
        };
        return await setup.ChangeAsync(sourceId, change, caller, ct) switch
        {
            SourceResult.Done => TypedResults.Ok(await SourceItem.FindAsync(db, keys, urls, db.Sources, sourceId, ct)),
            SourceResult.Refused { Why: var why } => new BadRequest(why.Code, why.Detail),
            _ => NotFound.Source,
        };
    }
}
