using System.Text.Json;
using System.Xml.Linq;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace RecordingPlatform.Web.ApiClient;

/// <summary>
/// Data Protection's keys, kept by the API and sealed there, so that every replica of the portal reads the forms and cookies of
/// every other. The interface is synchronous; it is asked once a day.
/// </summary>
internal sealed class ApiKeyRing(IHttpClientFactory clients) : IXmlRepository
{
    const string Path = "internal/portal/key-ring";

    public IReadOnlyCollection<XElement> GetAllElements()
    {
        using var response = Send(new(HttpMethod.Get, Path));
        var ring = JsonSerializer.Deserialize<Ring>(response.Content.ReadAsStream(), PlatformApi.Json)!;
        return [.. ring.Elements.Select(e => XElement.Parse(e.Xml))];
    }

    public void StoreElement(XElement element, string friendlyName) =>
        Send(new(HttpMethod.Post, Path)
        {
            Content = JsonContent.Create(new Element { FriendlyName = friendlyName, Xml = element.ToString(SaveOptions.DisableFormatting) }, options: PlatformApi.Json),
        }).Dispose();

    HttpResponseMessage Send(HttpRequestMessage request)
    {
        using var _ = request;
        HttpResponseMessage response;
        try
        {
            response = clients.CreateClient(nameof(PlatformApi)).Send(request);
        }
        catch (Exception failure) when (failure is HttpRequestException or OperationCanceledException)
        {
            throw new ApiFailedException(ApiProblem.Unreachable);
        }
        if (response.IsSuccessStatusCode)
            return response;
        using (response)
        {
            using var body = new StreamReader(response.Content.ReadAsStream());
            throw new ApiFailedException(ApiProblem.Parse((int)response.StatusCode, body.ReadToEnd(), response.Headers.RetryAfter?.Delta));
        }
    }

    sealed record Ring
    {
        public required IReadOnlyList<Element> Elements { get; init; }
    }

    sealed record Element
    {
        public required string FriendlyName { get; init; }
        public required string Xml { get; init; }
    }
}
