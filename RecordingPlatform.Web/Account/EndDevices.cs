using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using RecordingPlatform.Web.ApiClient;

namespace RecordingPlatform.Web.Account;

/// <summary>Signs one of the visitor's other devices out, or all of them. Safe to repeat: what has ended already is no failure.</summary>
internal static class EndDevices
{
    public const string Path = "/account/devices/end";

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost(Path, HandleAsync);

    static async Task<RedirectHttpResult> HandleAsync([FromForm] Guid? id, PlatformApi api, CancellationToken ct)
    {
        var listed = await api.GetDevicesAsync(ct);
        if (!listed.Succeeded)
            return TypedResults.Redirect("/account?failed=devices#devices");
        var ended = 0;
        foreach (var device in listed.Value.Sessions.Where(d => !d.Current && (id is null || d.Id == id)))
        {
            var answer = await api.EndDeviceAsync(device.Id, ct);
            if (answer.Succeeded)
                ended++;
            else if (answer.Problem.Status != StatusCodes.Status404NotFound)
                return TypedResults.Redirect("/account?failed=devices#devices");
        }
        return TypedResults.Redirect($"/account?done=devices&ended={ended.ToString(CultureInfo.InvariantCulture)}");
    }
}
