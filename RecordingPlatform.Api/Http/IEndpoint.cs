using System.Reflection;

namespace RecordingPlatform.Api.Http;

/// <summary>One use case: its route, its shapes and its handler in one file.</summary>
internal interface IEndpoint
{
    static abstract void Map(IEndpointRouteBuilder routes);
}

internal static class Endpoints
{
    /// <summary>Maps every use case of this assembly.</summary>
    public static void MapAll(IEndpointRouteBuilder routes)
    {
        var map = typeof(Endpoints).GetMethod(nameof(MapOne), BindingFlags.NonPublic | BindingFlags.Static)!;
        foreach (var endpoint in typeof(Endpoints).Assembly.GetTypes().Where(t => t.IsClass && t.IsAssignableTo(typeof(IEndpoint))))
            map.MakeGenericMethod(endpoint).Invoke(null, [routes]);
    }

    static void MapOne<T>(IEndpointRouteBuilder routes) where T : IEndpoint => T.Map(routes);
}
