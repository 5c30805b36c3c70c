using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;
using RecordingPlatform.Core.Data;
using RecordingPlatform.Core.Sources;

namespace RecordingPlatform.Api.Http;

/// <summary>How browsers reach this API and the portal. Section <c>Api</c> and <c>Portal</c>.</summary>
internal sealed class ApiOptions
{
    public const string Section = "Api";

    /// <summary>The origin that links point to; the request's own when it is not set.</summary>
    [Url]
    public string? PublicUrl { get; set; }
}

/// <summary>Makes absolute links to this API.</summary>
internal sealed class PublicUrl(IOptions<ApiOptions> options, IHttpContextAccessor http)
{
    public string OfMedia(string ticket) => $"{Origin}/media/{ticket}";

    /// <summary>Where a source delivers its reports; null for kinds that report nothing here.</summary>
    public string? OfWebhook(Source source) =>
        SourceRules.Creatable.Contains(source.Kind) ? $"{source.PublicBaseUrl?.TrimEnd('/') ?? Origin}/webhooks/{SnakeCase.Of(source.Kind)}" : null;

    string Origin => options.Value.PublicUrl?.TrimEnd('/') ?? $"{http.HttpContext!.Request.Scheme}://{http.HttpContext.Request.Host}";
}
