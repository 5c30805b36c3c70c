using RecordingPlatform.Api.Http;
using RecordingPlatform.Core.Access;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Keys;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Sources;

/// <summary>Sets up where recordings come from. Its secrets follow: PUT …/secrets.</summary>
internal sealed class CreateSource : IEndpoint
{
    public sealed record Request
    {
        /// <summary>Lower-case letters, digits and dashes; never changed afterwards.</summary>
        public required string Name { get; init; }
        /// <summary>freepbx or jibri.</summary>
        public required string Kind { get; init; }
        /// <summary>True without it.</summary>
        public bool? Enabled { get; init; }
        /// <summary>IANA name of the zone of its file names and folders; UTC without it.</summary>
        public string? TimeZone { get; init; }
        public string? PublicBaseUrl { get; init; }
        /// <summary>freepbx: sftp://user@host/path or a folder; jibri: a folder or s3://bucket/prefix.</summary>
        public string? MediaLocation { get; init; }
        public bool? NoiseReduction { get; init; }
        public SourceSettings? Settings { get; init; }
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/sources", HandleAsync).RequirePermission(Permission.SourcesManage)
        .Answers(400, ["bad_request", "source_name_invalid", "source_kind_unknown", "source_kind_not_creatable", .. SourceRules.Codes])
        .Answers(403, "one_source_only")
        .Answers(409, "source_name_taken");

    static async Task<Results<Created<SourceItem>, BadRequest, Forbidden, Conflict>> HandleAsync(
        Request request, SourceSetup setup, RecordingDb db, EnvelopeKeys keys, PublicUrl urls, Caller caller, CancellationToken ct)
    {
        if (caller.SourceId is not null)
            return new Forbidden("one_source_only", "The API key works for one source. Use one without a source to set up another.");
        if (!SourceRules.IsName(request.Name))
            return new BadRequest("source_name_invalid", "name has 1 to 63 lower-case letters, digits and dashes, and begins with a letter or a digit.");
        if (SnakeCase.Parse<SourceKind>(request.Kind) is not { } kind)
            return new BadRequest("source_kind_unknown", $"There is no kind of that name. kind is one of: {Kinds}.");
        if (!SourceRules.Creatable.Contains(kind))
            return new BadRequest("source_kind_not_creatable", $"A source of the kind {request.Kind} cannot be set up here. kind is one of: {Kinds}.");
        var change = new SourceChange
        {
            Enabled = request.Enabled,
            TimeZone = request.TimeZone,
            PublicBaseUrlGiven = true,
            PublicBaseUrl = request.PublicBaseUrl,
            MediaLocationGiven = true,
            MediaLocation = request.MediaLocation,
            NoiseReduction = request.NoiseReduction,
            Settings = request.Settings,
        };
        if (SourceRules.Check(kind, change) is { } refusal)
            return new BadRequest(refusal.Code, refusal.Detail);
        return await setup.CreateAsync(request.Name, kind, change, caller, ct) is SourceResult.Done { Source.Id: var id }
            ? TypedResults.Created($"/api/v1/sources/{id}", await SourceItem.FindAsync(db, keys, urls, db.Sources, id, ct))
            : new Conflict("source_name_taken", "Another source has this name: choose another name.");
    }

    static string Kinds => string.Join(", ", SourceRules.Creatable.Select(SnakeCase.Of));
}
