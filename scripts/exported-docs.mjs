/** An ESLint rule: whatever a module exports has a docstring, for whoever reads only the name at the place of use. */
export const exportedDocs = {
  meta: { type: 'suggestion', schema: [], messages: { missing: 'Say in a docstring what {{name}} means.' } },
  create(context) {
    const { sourceCode } = context;
    const documented = new Set();
    return {
      ExportNamedDeclaration(node) {
        const { declaration } = node;
        if (!declaration) return;
        const name = (declaration.id ?? declaration.declarations[0].id).name ?? 'this';
        // Decorators may stand before `export`; the docstring stands before them. Overloads share the first one's.
        const starts = [node, ...(declaration.decorators ?? [])].sort((a, b) => a.range[0] - b.range[0]);
        const comment = sourceCode.getCommentsBefore(starts[0]).at(-1);
        if (comment?.type === 'Block' && comment.value.startsWith('*')) documented.add(name);
        if (!documented.has(name)) context.report({ node, messageId: 'missing', data: { name } });
      },
    };
  },
};
